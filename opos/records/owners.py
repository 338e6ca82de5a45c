"""Who owns which field of the records."""

from shared.config.files.faults import ConfigError
from shared.config.record_owners import owners
from shared.records.ownership import Owners
from shared.services.records.context import RecordsContext


def owners_of(context: RecordsContext) -> Owners:
    """The owners by opos.yaml. Raises ConfigError."""
    return owners(context.config)


def known_owners(context: RecordsContext) -> Owners | None:
    """The owners for a command that only shows them; None if opos.yaml is not valid."""
    try:
        return owners_of(context)
    except ConfigError:
        return None
