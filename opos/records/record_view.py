"""A record as `opos records show` prints it: each field with its value, its owner and where the value came from."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from opos.records.provenance import origin, system_name
from opos.terminal.times import OperatorClock
from opos.terminal.width import wrapped
from shared.records.body import Body
from shared.records.identity import FORGOTTEN
from shared.records.kind import Field, Kind
from shared.records.ownership import Owners, owner
from shared.records.text import shown
from shared.services.records.context import RecordsContext
from shared.services.records.record import stored

_NO_VALUES: tuple[Any, ...] = (None, "", [], {})
_STATES = {"live": "", "deleted": "deleted, ", "merged": "merged, ", "forgotten": "forgotten, "}


class Shown(NamedTuple):
    """A record after change `n`, which was made at `changed_at`. Its `values` are as the kind has them today."""

    kind: Kind
    id: str
    body: Body
    values: Mapping[str, Any]
    n: int
    changed_at: str
    created_at: str
    is_forgotten: bool = False


def view(record: Shown, owners: Owners | None, context: RecordsContext) -> dict[str, Any]:
    """*record* as JSON. A field that nobody has set has a default or no value, and no clock.

    Its owner is null if *owners* are not known.
    """
    body, kind = record.body, record.kind
    return {
        "kind": kind.name, "id": record.id, "title": FORGOTTEN if record.is_forgotten else kind.title(record.values),
        "state": "forgotten" if record.is_forgotten else body["state"],
        "change": record.n, "changed_at": record.changed_at, "created_at": record.created_at,
        "version": body["schema"], "fields": {
            name: {
                "value": record.values.get(name, default_of(field)), "is_set": name in record.values,
                "owner": None if owners is None else owner(kind, name, body, owners), "clock": body["clocks"].get(name),
                "titles": titles(field, record.values.get(name), context),
            }
            for name, field in kind.fields.items()
        },
    }  # fmt: skip


def lines(view: Mapping[str, Any], clock: OperatorClock) -> Iterator[str]:
    """*view* for a person. A value has one line, however long it is, so that it cannot look like another field."""
    yield f"{view['kind']}  {view['id']}"
    yield f"  {view['title']}"
    changed = f"changed {clock.time_and_age(view['changed_at'])} by change {view['change']}"
    yield f"  {_STATES[view['state']]}{changed}, created {clock.time_and_age(view['created_at'])}"
    yield ""
    fields: dict[str, dict[str, Any]] = view["fields"]
    known = [name for name, field in fields.items() if field["clock"] or field["value"] not in _NO_VALUES]
    yield from (line for name in known for line in _field_lines(name, fields[name], clock))
    unset = [name for name in fields if name not in known]
    yield from wrapped(f"without a value: {', '.join(unset)}", indent=2) if unset else ()


def _field_lines(name: str, field: Mapping[str, Any], clock: OperatorClock) -> Iterator[str]:
    value = "(unset)" if field["value"] is None else shown(field["value"]) or "(empty)"
    titles = f"  ({'; '.join(field['titles'])})" if field["titles"] else ""
    yield f"  {name}: {value}{titles}"
    owner = system_name(field["owner"]) if field["owner"] else "not known, because opos.yaml is not valid"
    yield from wrapped(f"{_origin(field, clock)}; owner: {owner}", indent=6)


def _origin(field: Mapping[str, Any], clock: OperatorClock) -> str:
    if field["clock"]:
        return f"from {origin(field['clock'], clock)}"
    return "made by an upcaster from an earlier version" if field["is_set"] else "default of the kind"


def default_of(field: Field) -> Any:
    """The value that a record has for *field* while nobody has set it, as it is stored; None if there is none."""
    if field.info.is_required():
        return None
    default = field.info.get_default(call_default_factory=True, validated_data={})
    return None if default is None else field.adapter.dump_python(default, mode="json", by_alias=False)


def titles(field: Field, value: Any, context: RecordsContext) -> list[str]:
    """The titles of the records that *value* of *field* refers to."""
    kind = context.kinds.get(field.refers_to)
    ids = value if isinstance(value, list) else [value] if value else []
    records = [stored(kind, str(id), context) for id in ids] if kind else []
    return [record.title if record else "not there" for record in records]
