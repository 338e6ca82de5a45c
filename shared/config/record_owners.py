"""Which source each field of a record belongs to: the one whose mapping sets it, unless opos.yaml says otherwise."""

from collections import defaultdict

from shared.config.model import Config
from shared.config.records.mappings import mappings, systems
from shared.records.ownership import Owners


def owners(config: Config) -> Owners:
    """The systems that own each field, by kind and field, in the order of the sources in opos.yaml."""
    owned: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for name, source in config.sources.items():
        for mapping in mappings(name, source).values():
            for field in (field for field, said in mapping.fields.items() if said.owner is None):
                owned[mapping.kind or "", field].update(dict.fromkeys(systems(name, source)))
    return {field: tuple(known) for field, known in owned.items()}
