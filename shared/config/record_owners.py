"""Which sources own which fields of records, by opos.yaml."""

from shared.config.model import Config
from shared.records.ownership import Owners


def owners(config: Config) -> Owners:  # noqa: ARG001
    return {}
