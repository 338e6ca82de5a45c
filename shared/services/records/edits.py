"""What the operator changes: new records, fields, deletion, and what was changed before."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from shared.errors import AlreadyExists, Conflict, NotFound, OposError
from shared.ports import Write
from shared.records.body import OPERATOR, Body, State, with_state, with_values
from shared.records.change import Cause, ChangeDoc
from shared.records.history import versions
from shared.records.kind import InvalidValues, Kind
from shared.records.ownership import Owners, Split, split
from shared.records.proposal import Word
from shared.records.undo import Lost, Undo, is_merge, undo
from shared.services.records.changes import changes_of
from shared.services.records.clocks import clock_of, first_clock
from shared.services.records.context import RecordsContext
from shared.services.records.proposals import Subject, proposing
from shared.services.records.record import Stored, current_body, stored
from shared.services.records.separation import part, separate
from shared.services.records.suppression import allowing, require_free
from shared.services.records.transaction import change

T = TypeVar("T")
TRIES = 5


class NoSuchRecord(NotFound):
    code = "no_such_record"


class Overtaken(OposError):
    """Somebody changed the same fields meanwhile."""

    code = "overtaken"
    http_status = 409


class IsForgotten(OposError):
    """The record was forgotten, so it stays as it is."""

    code = "is_forgotten"
    http_status = 409

    def __init__(self, record: Stored) -> None:
        kind, at = record.kind.name, record.forgotten_at[:10]
        super().__init__(
            f"expected a {kind} that is remembered, found that {record.id[:8]} was forgotten on {at}",
            hint=f"`opos records new {kind} --allow-forgotten` makes a new record of somebody who was forgotten.",
        )


class WouldLose(OposError):
    """Later changes touched the fields that an undo sets."""

    code = "would_lose"
    http_status = 409

    def __init__(self, n: int, lost: list[Lost]) -> None:
        changes = ", ".join(f"change {later.n} set {later.field}" for later in lost)
        super().__init__(f"expected that nothing changed what change {n} changed, found that {changes}")
        self.lost = lost


class NotOurs(OposError):
    """Another system owns the field, so an undo here would be overwritten by it."""

    code = "not_ours"
    http_status = 409


class Edited(NamedTuple):
    """The record, its change if anything changed, and what belongs to another system and was only asked for.

    `ask` is the id of the ask that has this, None if there is nothing to decide.
    """

    record: str
    change: ChangeDoc | None
    asked: Split
    ask: str | None = None


def create(
    kind: Kind, values: Mapping[str, Any], cause: Cause, context: RecordsContext, *, allow_forgotten: bool = False
) -> Edited:
    """A new record. Raises InvalidValues, also for required fields that lack, and Taken.

    Raises WasForgotten if somebody who was forgotten had one of its keys; with *allow_forgotten*, it is free again.
    """
    said = {**dict.fromkeys(kind.missing(values)), **values}
    parsed = {name: value for name, value in _parsed(kind, said).items() if value is not None}
    allowed = allowing(kind, parsed, context)
    if allowed and not allow_forgotten:
        require_free(kind, parsed, context)
    id = context.new_id()
    clock = first_clock(id, context)
    after = with_state(with_values(current_body(kind, None), parsed, clock), "live", clock)
    return Edited(id, change(kind, id, None, after, cause, context, also=allowed), Split(parsed, {}, {}))


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
    Overtaken if a later change touched the same fields, and WasForgotten.
    """
    parsed = _parsed(kind, values)
    require_free(kind, parsed, context)

    def attempt(record: Stored) -> Edited:
        if base and base < record.n:
            _require_untouched(record, base, set(parsed), context)
        asked = split(kind, parsed, record.body, OPERATOR, owners)
        after = with_values(current_body(kind, record), asked.allowed, clock_of(record, asked.allowed, context))
        agreed = frozenset(parsed.keys() - asked.allowed.keys() - asked.asked.keys())
        word = Word(asked.asked, agreed, asked.owners, clock_of(record, asked.asked, context), insists=True)
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
        after = with_values(current_body(kind, record), parsed, clock_of(record, parsed, context))
        return change(kind, record.id, record.doc, after, cause, context, also=also(record, after))

    return _tried(kind, id, attempt, context)


def set_state(kind: Kind, id: str, state: State, cause: Cause, context: RecordsContext) -> ChangeDoc | None:
    """Delete or restore a record. Raises Taken if another record has its key by now."""

    def attempt(record: Stored) -> ChangeDoc | None:
        body = current_body(kind, record)
        if body["state"] == state:
            return None
        clock = clock_of(record, {}, context, since=True)
        return change(kind, record.id, record.doc, with_state(body, state, clock), cause, context)

    return _tried(kind, id, attempt, context)


def undo_change(
    kind: Kind, id: str, n: int, cause: Cause, owners: Owners, context: RecordsContext, *, force: bool = False
) -> ChangeDoc | None:
    """Undo change *n* as a new change; of a merge, both records are as they were.

    Raises WouldLose, unless *force*, and NotOurs and NothingToUndo.
    """

    def attempt(record: Stored) -> ChangeDoc | None:
        changes = changes_of(record.id, context, last=record.n)
        if is_merge(changes, n):
            gone = changes_of(changes[n - 1]["merges"][0], context)
            parted = part(kind, changes, n, gone, context)
            _require_nothing_lost(n, parted.lost, force=force)
            return separate(record, parted, n, cause, context)
        undone = undo(changes, n, kind.current)
        _require_nothing_lost(n, undone.lost, force=force)
        return change(
            kind, record.id, record.doc, _undone(kind, record, undone, owners, context), cause, context, undoes=n
        )

    return _tried(kind, id, attempt, context)


def _parsed(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """*values* as they are stored. Raises InvalidValues with every fault, also for a required field that is unset."""
    unset = [name for name, field in kind.fields.items() if field.info.is_required() and values.get(name, "") is None]
    faults = dict.fromkeys(unset, "expected a value, found none")
    try:
        parsed = kind.parsed(values)
    except InvalidValues as fault:
        raise InvalidValues(kind.name, {**faults, **fault.faults}) from None
    if faults:
        raise InvalidValues(kind.name, faults)
    return parsed


def _require_nothing_lost(n: int, lost: list[Lost], *, force: bool) -> None:
    if lost and not force:
        raise WouldLose(n, lost)


def _undone(kind: Kind, record: Stored, undone: Undo, owners: Owners, context: RecordsContext) -> Body:
    values = kind.parsed({name: value for name, value in undone.values.items() if name in kind.fields})
    if foreign := split(kind, values, record.body, OPERATOR, owners).owners:
        fields = ", ".join(f"{name} belongs to {system}" for name, system in foreign.items())
        raise NotOurs(f"expected fields that opos owns, found that {fields}", hint="Change it there.")
    body = with_values(current_body(kind, record), values, clock_of(record, values, context))
    if undone.state is None:
        return body
    return with_state(body, undone.state, clock_of(record, {}, context, since=True))


def _tried(kind: Kind, id: str, attempt: Callable[[Stored], T], context: RecordsContext) -> T:
    """The result of *attempt*, made again while others are quicker. Raises NoSuchRecord."""
    for left in reversed(range(TRIES)):
        record = stored(kind, id, context)
        if record is None:
            raise NoSuchRecord(f"expected the id of a {kind.name}, found none with {id}")
        if record.forgotten_at:
            raise IsForgotten(record)
        try:
            return attempt(record)
        except (Conflict, AlreadyExists):
            if not left:
                raise
    raise AssertionError


def _require_untouched(record: Stored, base: int, fields: set[str], context: RecordsContext) -> None:
    seen = versions(changes_of(record.id, context, last=record.n), record.kind.current)
    later = [version for version in seen if version.change["n"] > base]
    touched = [(version.change, version.fields & fields) for version in later if version.fields & fields]
    if touched:
        made, names = touched[-1]
        who = made["actor"]["name"]
        raise Overtaken(
            f"{who} changed {', '.join(sorted(names))} at {made['at']}, in change {made['n']}, after you read it"
        )
