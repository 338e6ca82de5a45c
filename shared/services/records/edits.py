"""What the operator changes: new records, fields, deletion, and what was changed before."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from shared.errors import AlreadyExists, Conflict, OposError
from shared.events import iso
from shared.ports import Write
from shared.records.body import OPERATOR, Body, Clock, State, with_state, with_values
from shared.records.change import Cause, ChangeDoc, as_change, change_id
from shared.records.history import versions
from shared.records.kind import InvalidValues, Kind
from shared.records.ownership import Owners, Split, split
from shared.records.proposal import Word
from shared.records.undo import Lost, Undo, undo
from shared.services.records.context import RecordsContext
from shared.services.records.observations import current_body
from shared.services.records.proposals import Subject, proposing
from shared.services.records.record import Stored, stored
from shared.services.records.transaction import CHANGES, change

T = TypeVar("T")
TRIES = 5


class NoSuchRecord(OposError):
    code = "no_such_record"
    http_status = 404


class Overtaken(OposError):
    """Somebody changed the same fields meanwhile."""

    code = "overtaken"


class WouldLose(OposError):
    """Later changes touched the fields that an undo sets."""

    code = "would_lose"

    def __init__(self, n: int, lost: list[Lost]) -> None:
        changes = ", ".join(f"change {later.n} set {later.field}" for later in lost)
        super().__init__(f"expected that nothing changed what change {n} changed, found that {changes}")
        self.lost = lost


class NotOurs(OposError):
    """Another system owns the field, so an undo here would be overwritten by it."""

    code = "not_ours"


class Edited(NamedTuple):
    """The record, its change if anything changed, and what belongs to another system and was only asked for.

    `ask` is the id of the ask that has this, None if there is nothing to decide.
    """

    record: str
    change: ChangeDoc | None
    asked: Split
    ask: str | None = None


def create(kind: Kind, values: Mapping[str, Any], cause: Cause, context: RecordsContext) -> Edited:
    """A new record. Raises InvalidValues, also for required fields that lack, and Taken."""
    parsed = {name: value for name, value in kind.parsed(values).items() if value is not None}
    if missing := kind.missing(parsed):
        raise InvalidValues(kind.name, dict.fromkeys(missing, "expected a value, found none"))
    id = context.new_id()
    clock = _clock(id, 1, context)
    after = with_state(with_values(current_body(kind, None), parsed, clock), "live", clock)
    return Edited(id, change(kind, id, None, after, cause, context), Split(parsed, {}, {}))


def edit(
    kind: Kind,
    id: str,
    values: Mapping[str, Any],
    cause: Cause,
    owners: Owners,
    context: RecordsContext,
    *,
    base: int = 0,
) -> Edited:
    """Set *values* of a record; None unsets. A field of another system is not set: it becomes an ask.

    *base* is the number of the last change that the operator has seen; 0 means that it does not matter. Raises
    Overtaken if a later change touched the same fields.
    """
    parsed = kind.parsed(values)
    required = [name for name, value in parsed.items() if value is None and kind.fields[name].info.is_required()]
    if required:
        raise InvalidValues(kind.name, dict.fromkeys(required, "expected a value, found none"))

    def attempt(record: Stored) -> Edited:
        if base and base < record.n:
            _require_untouched(record, base, set(parsed), context)
        asked = split(kind, parsed, record.body, OPERATOR, owners)
        after = with_values(current_body(kind, record), asked.allowed, _clock_of(record, asked.allowed, context))
        agreed = frozenset(parsed.keys() - asked.allowed.keys() - asked.asked.keys())
        word = Word(asked.asked, agreed, asked.owners, _clock_of(record, asked.asked, context), insists=True)
        opened = proposing(Subject(kind, record.id, record.body, after, cause), OPERATOR, word, context)
        made = change(kind, record.id, record.doc, after, cause, context, also=opened.writes)
        return Edited(record.id, made, asked, opened.ask)

    return _tried(kind, id, attempt, context)


def override(
    kind: Kind,
    id: str,
    values: Mapping[str, Any],
    cause: Cause,
    context: RecordsContext,
    also: Callable[[Stored, Body], Sequence[Write]],
) -> ChangeDoc | None:
    """Set *values* of a record whoever owns the fields, in one commit with the writes of *also*.

    *also* gets the record as it was read and its body after the change, and may refuse.
    """
    parsed = kind.parsed(values)

    def attempt(record: Stored) -> ChangeDoc | None:
        after = with_values(current_body(kind, record), parsed, _clock_of(record, parsed, context))
        return change(kind, record.id, record.doc, after, cause, context, also=also(record, after))

    return _tried(kind, id, attempt, context)


def set_state(kind: Kind, id: str, state: State, cause: Cause, context: RecordsContext) -> ChangeDoc | None:
    """Delete or restore a record. Raises Taken if another record has its key by now."""

    def attempt(record: Stored) -> ChangeDoc | None:
        body = current_body(kind, record)
        if body["state"] == state:
            return None
        clock = _clock_of(record, {}, context, since=True)
        return change(kind, record.id, record.doc, with_state(body, state, clock), cause, context)

    return _tried(kind, id, attempt, context)


def undo_change(
    kind: Kind, id: str, n: int, cause: Cause, owners: Owners, context: RecordsContext, *, force: bool = False
) -> ChangeDoc | None:
    """Undo change *n* as a new change. Raises WouldLose, unless *force*, and NotOurs and NothingToUndo."""

    def attempt(record: Stored) -> ChangeDoc | None:
        undone = undo(changes_of(record.id, context), n)
        if undone.lost and not force:
            raise WouldLose(n, undone.lost)
        return change(
            kind, record.id, record.doc, _undone(kind, record, undone, owners, context), cause, context, undoes=n
        )

    return _tried(kind, id, attempt, context)


def _undone(kind: Kind, record: Stored, undone: Undo, owners: Owners, context: RecordsContext) -> Body:
    values = kind.parsed({name: value for name, value in undone.values.items() if name in kind.fields})
    if foreign := split(kind, values, record.body, OPERATOR, owners).owners:
        fields = ", ".join(f"{name} belongs to {system}" for name, system in foreign.items())
        raise NotOurs(f"expected fields that opos owns, found that {fields}", hint="Change it there.")
    body = with_values(current_body(kind, record), values, _clock_of(record, values, context))
    if undone.state is None:
        return body
    return with_state(body, undone.state, _clock_of(record, {}, context, since=True))


def changes_of(id: str, context: RecordsContext) -> list[ChangeDoc]:
    """All changes of the record *id*, the first one first."""
    where: list[Any] = [("place", ">=", f"{id}/"), ("place", "<", f"{id}0")]  # 0 follows the slash
    return [as_change(doc.data) for doc in context.store.query(CHANGES, where=where, order_by="place")]


def _tried(kind: Kind, id: str, attempt: Callable[[Stored], T], context: RecordsContext) -> T:
    """The result of *attempt*, made again while others are quicker. Raises NoSuchRecord."""
    for left in reversed(range(TRIES)):
        record = stored(kind, id, context)
        if record is None:
            raise NoSuchRecord(f"expected the id of a {kind.name}, found none with {id}")
        try:
            return attempt(record)
        except (Conflict, AlreadyExists):
            if not left:
                raise
    raise AssertionError


def _require_untouched(record: Stored, base: int, fields: set[str], context: RecordsContext) -> None:
    later = [version for version in versions(changes_of(record.id, context)) if version.change["n"] > base]
    touched = [(version.change, version.fields & fields) for version in later if version.fields & fields]
    if touched:
        made, names = touched[-1]
        who = made["actor"]["name"]
        raise Overtaken(
            f"{who} changed {', '.join(sorted(names))} at {made['at']}, in change {made['n']}, after you read it"
        )


def _next(record: Stored) -> str:
    return change_id(record.id, record.n + 1)


def _clock(id: str, n: int, context: RecordsContext) -> Clock:
    return Clock(at=iso(context.now), by=change_id(id, n), system=OPERATOR)


def _clock_of(record: Stored, values: Mapping[str, Any], context: RecordsContext, *, since: bool = False) -> Clock:
    """The clock of the operator's word on *values*: never before what a sender, whose clock is ahead, said of them."""
    clocks = record.body["clocks"]
    known = [clocks[name]["at"] for name in values if name in clocks]
    if since and (state := record.body["since"]):
        known.append(state["at"])
    return Clock(at=max([iso(context.now), *map(_after, known)]), by=_next(record), system=OPERATOR)


def _after(moment: str) -> str:
    return iso(datetime.fromisoformat(moment) + timedelta(microseconds=1))
