"""What a payload says of a record, read by a mapping. It names each field that it cannot read."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.config.records.mapping import RecordMapping
from shared.config.records.mappings import place
from shared.sources.contract import FAULTS
from shared.sources.payload import parse_moment
from shared.sources.told_values import UNKNOWN, told

FIELDS = "fields."


class RecordReading(NamedTuple):
    """The record of `kind` whose id at the sender is `id`, as it was `at` by the sender's clock.

    `values` has the fields that the payload tells; None unsets. `faults` says what is wrong, by key of the mapping,
    such as `id` or `fields.email`.
    """

    kind: str
    id: str
    at: datetime
    values: dict[str, Any]
    is_deleted: bool
    faults: dict[str, str]

    @property
    def is_usable(self) -> bool:
        """Whether nothing is wrong but single fields: then the others count."""
        return all(key.startswith(FIELDS) for key in self.faults)


def read_record(mapping: RecordMapping, type: str, payload: Any, received_at: datetime) -> RecordReading | None:
    """What *payload* of an event of *type* says by *mapping*; None if the mapping does not apply to it."""
    faults: dict[str, str] = {}
    if mapping.when and not _applies(mapping.when, payload, faults):
        return None
    id = _id(_read("id", mapping.id or "", payload, faults), faults)
    is_deleted = bool(mapping.deleted) and _read("deleted", mapping.deleted or "", payload, faults) is True
    at = _at(mapping, type, payload, received_at, faults)
    values = {
        name: _read(f"{FIELDS}{name}", field.value or "", payload, faults) for name, field in mapping.fields.items()
    }
    values = {name: value for name, value in values.items() if value is not UNKNOWN}
    return RecordReading(mapping.kind or "", id, at, values, is_deleted, faults)


def _read(name: str, expression: str, payload: Any, faults: dict[str, str]) -> Any:
    """What *expression* gives; UNKNOWN for none, and if it fails, which *faults* then names."""
    try:
        return told(expression, payload)
    except FAULTS as fault:
        faults[name] = f"expected `{expression}` to give a value, found an error: {fault}"
        return UNKNOWN


def _applies(condition: str, payload: Any, faults: dict[str, str]) -> bool:
    """Whether *condition* is true; also if it fails, so that the fault is told."""
    value = _read("when", condition, payload, faults)
    return "when" in faults or (value is not UNKNOWN and bool(value))


def _id(value: Any, faults: dict[str, str]) -> str:
    if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        return str(value)
    faults.setdefault("id", f"expected text or a number, found {_described(value)}")
    return ""


def _at(mapping: RecordMapping, type: str, payload: Any, received_at: datetime, faults: dict[str, str]) -> datetime:
    """When the sender said it. In a whole second, the later type of the mapping says it a moment later."""
    value = _read("at", mapping.at, payload, faults) if mapping.at else UNKNOWN
    if value is UNKNOWN or value is None:
        return received_at
    at = parse_moment(repr(value) if isinstance(value, float) else str(value))
    if at is None:
        faults["at"] = "expected ISO 8601 with a zone, or seconds or milliseconds since 1970, found another text"
        return received_at
    return at if at.microsecond else at + timedelta(microseconds=place(mapping, type) or 0)


def _described(value: Any) -> str:
    return "nothing" if value is UNKNOWN or value is None else type(value).__name__
