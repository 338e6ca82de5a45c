"""One change of a record: the record, the change and the claims in one batch, and the announcement that follows it.

A change is two writes, and one for each claim that it takes or gives up. Where the store and the bus share a database,
the announcement is in the same commit; elsewhere a third write notes that it was made, or the sweeper makes it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from shared.context import Context
from shared.errors import OposError
from shared.events import RecordChanged, iso
from shared.ports import Create, Delete, Doc, Update, Write
from shared.records.body import Body, body_of, changed_fields
from shared.records.change import Cause, ChangeDoc, as_change, change_doc, change_id
from shared.records.history import BLANK
from shared.records.kind import Field, Kind
from shared.services.records.context import RecordsContext
from shared.services.records.record import claims_of
from shared.telemetry.logger import log as _log
from shared.values.words import words

CHANGES = "record_changes"
AGAIN_AFTER = timedelta(minutes=1)
"""How long an announcement may take before the sweeper makes it again."""
MOST_TERMS = 16


class Taken(OposError):
    """Another record has this key already."""

    code = "key_taken"

    def __init__(self, kind: Kind, field: Field, value: Any, record: str) -> None:
        super().__init__(
            f"expected a {field.name} that no other {kind.name} has, found {value!r}, which {record[:8]} has",
            hint=f"`opos records show {kind.name} {record[:8]}` shows it; `opos records merge` makes one of the two.",
        )
        self.field, self.record = field, record


def change(
    kind: Kind,
    id: str,
    known: Doc | None,
    after: Body,
    cause: Cause,
    context: RecordsContext,
    *,
    undoes: int | None = None,
    yields: bool = False,
) -> ChangeDoc | None:
    """Commit *after* as the next change of the record *id*, which was read as *known*; None if nothing changes.

    Raises Conflict or AlreadyExists if somebody else was quicker, and Taken if another record has one of its keys. With
    *yields*, it has the value of such a key all the same, but is not found by it.
    """
    before = body_of(known.data) if known else None
    n, at = (known.data["n"] + 1, known.data["changed_at"]) if known else (1, "")
    at = max(iso(context.now), at)  # the clock may have been set back, and a history is in order
    made = change_doc(kind.name, id, n, before or BLANK, after, cause, at=at, trace=context.trace)
    if not made["patch"]:
        return None
    made["undoes"] = undoes
    made["due_at"] = iso(context.now + AGAIN_AFTER) if _says_something(before, after) else None
    claims = _claims(kind, id, before, after, context, yields=yields)
    _commit(made, [_projection(kind, id, known, after, made), *claims], context)
    return made


def _commit(made: ChangeDoc, writes: list[Write], context: RecordsContext) -> None:
    path = f"{CHANGES}/{change_id(made['record'], made['n'])}"
    if made["due_at"] and context.joined:
        made["due_at"] = None
        context.joined.publish_with(Create(path, made), lambda _version: announcement(made), *writes)
        return
    version = context.store.commit([Create(path, made), *writes])[path]
    if made["due_at"]:
        announce(Doc(path, dict(made), version), context)


def announce(doc: Doc, context: Context) -> None:
    """Publish the change *doc*, and note that. A publish that fails is made again by the sweeper."""
    try:
        context.bus.publish(announcement(as_change(doc.data)))
        context.store.commit([Update(doc.path, {"due_at": None}, doc.version)])
    except Exception as fault:  # noqa: BLE001  (the change is stored, so an error would be wrong)
        _log.exception("announcement_failed", change_id=doc.id, error=type(fault).__name__)


def announcement(made: ChangeDoc) -> RecordChanged:
    return RecordChanged(
        id=change_id(made["record"], made["n"]), kind=made["kind"], record=made["record"], n=made["n"], at=made["at"],
        patch=tuple(operation for operation in made["patch"] if not operation["path"].startswith("/clocks/")),
        actor=dict(made["actor"]), cause=made["cause"], chain=tuple(made["chain"]), trace=made["trace"],
    )  # fmt: skip


def _says_something(before: Body | None, after: Body) -> bool:
    """Whether a value or the state changes. What only says again what was known is stored, and not announced."""
    return before is None or before["state"] != after["state"] or bool(changed_fields(before, after))


def _projection(kind: Kind, id: str, known: Doc | None, after: Body, made: ChangeDoc) -> Write:
    path = f"{kind.collection}/{id}"
    is_live = after["state"] == "live"
    values = kind.current(after["values"], after["schema"]) if is_live else after["values"]
    title = kind.title(values)
    content = {
        **after, "kind": kind.name, "n": made["n"], "title": title, "changed_at": made["at"],
        "created_at": known.data["created_at"] if known else made["at"],
        "listed": _listed(kind, values, made["at"]) if is_live else None,
        "terms": list(words(title))[:MOST_TERMS] if is_live else [],
    }  # fmt: skip
    return Update(path, content, known.version) if known else Create(path, content)


def _listed(kind: Kind, values: dict[str, Any], at: str) -> dict[str, Any]:
    """What lists filter and order by: only live records are in lists."""
    named = {name: values[name] for name, field in kind.fields.items() if field.is_listed and name in values}
    return {**named, "changed_at": at}


def _claims(
    kind: Kind, id: str, before: Body | None, after: Body, context: RecordsContext, *, yields: bool
) -> Iterator[Write]:
    """The writes that give up the claims of *before*, and take those of *after*. Raises Taken."""
    old, new = claims_of(kind, before or {}), claims_of(kind, after)
    for path in old.keys() - new.keys():
        claim = context.store.get(path)
        if claim and claim.data["record"] == id:
            yield Delete(path, claim.version)
    for path in new.keys() - old.keys():
        field, value = new[path]
        claim = context.store.get(path)
        if claim and claim.data["record"] != id and not yields:
            raise Taken(kind, field, value, claim.data["record"])
        if not claim:
            yield Create(path, {"kind": kind.name, "field": field.name, "record": id})
