"""The mappings of a source: those of its sender that opos ships, with what opos.yaml says instead."""

import importlib
from collections.abc import Mapping
from fnmatch import fnmatchcase

from shared.config.records.mapping import FieldMapping, RecordMapping
from shared.config.sources import Source, format_name

SHIPPED = frozenset({"github", "shopify", "stripe"})
"""The senders with mappings, each in a module of its own."""


def mappings(name: str, source: Source) -> dict[str, RecordMapping]:
    """The mappings of *source*, called *name* in opos.yaml, by name."""
    if source.records is False:
        return {}
    known = shipped(name, source)
    own = {called: mapping for called, mapping in source.records.items() if isinstance(mapping, RecordMapping)}
    kept = {called: mapping for called, mapping in known.items() if source.records.get(called) is not False}
    return kept | {called: _over(known.get(called), mapping) for called, mapping in own.items()}


def shipped(name: str, source: Source) -> Mapping[str, RecordMapping]:
    """The mappings that opos ships for the sender of *source*."""
    sender = format_name(name, source)
    if sender not in SHIPPED:
        return {}
    known: Mapping[str, RecordMapping] = importlib.import_module(f"shared.config.records.{sender}").MAPPINGS
    return known


def matching(name: str, source: Source, type: str) -> dict[str, RecordMapping]:
    """The mappings of *source* that read events of *type*."""
    known = mappings(name, source)
    return {called: mapping for called, mapping in known.items() if place(mapping, type) is not None}


def place(mapping: RecordMapping, type: str) -> int | None:
    """The last place in the types of *mapping* that *type* fits; None if it fits none of them."""
    if not mapping.types:
        return 0
    return max((place for place, pattern in enumerate(mapping.types) if fnmatchcase(type, pattern)), default=None)


def systems(name: str, source: Source) -> tuple[str, ...]:
    """How a kind may call the system whose ids *source* sends: by the name in opos.yaml, else by that of the sender."""
    sender = format_name(name, source)
    return (name,) if sender in {"mapped", name} else (name, sender)


def _over(known: RecordMapping | None, own: RecordMapping) -> RecordMapping:
    if known is None:
        return own
    said = {key: getattr(own, key) for key in own.model_fields_set}
    fields = {field: _field_over(known.fields.get(field), mapping) for field, mapping in own.fields.items()}
    return known.model_copy(update={**said, "fields": {**known.fields, **fields}})


def _field_over(known: FieldMapping | None, own: FieldMapping) -> FieldMapping:
    return own if known is None else known.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})
