"""Merge of two records of one kind: one goes and leads to the other from then on, in one batch with all that it means.

The dense numbers of the changes are the fence: of two merges, or a merge and another change, one has to try again. An
id of the record that goes resolves to the one that stays, and so do its keys and its ids in other systems, as their
claims stay with it. Records that led to it lead past it, so a reader follows one redirect.
"""

from typing import NamedTuple

from shared.errors import AlreadyExists, Conflict, OposError
from shared.records.body import Body, with_state
from shared.records.change import Cause, ChangeDoc
from shared.records.kind import Kind
from shared.records.merge import Choice, choices, merged
from shared.records.ownership import Owners
from shared.services.records.changes import changes_of
from shared.services.records.clocks import clock_of
from shared.services.records.context import RecordsContext
from shared.services.records.edits import TRIES, IsForgotten, NoSuchRecord, Overtaken
from shared.services.records.record import Stored, current_body, stored
from shared.services.records.redirects import led_to, redirected
from shared.services.records.transaction import Step, commit, step


class NothingToMerge(OposError):
    """The two are one record already, or one of them is deleted."""

    code = "nothing_to_merge"


class Merge(NamedTuple):
    """What a merge does, or did: the records after it, and the fields on which they differed."""

    goes: Stored
    stays: Stored
    after: Body
    choices: list[Choice]


def preview(kind: Kind, from_id: str, into_id: str, owners: Owners, context: RecordsContext) -> Merge:
    """What `merge` would do. Raises NoSuchRecord and NothingToMerge."""
    goes, stays = (_live(kind, id, context) for id in (from_id, into_id))
    if goes.id == stays.id:
        raise NothingToMerge(f"expected two records, found that both ids lead to {stays.id}")
    mine, other = current_body(kind, stays), current_body(kind, goes)
    after = merged(kind, mine, other, owners)
    return Merge(goes, stays, after, list(choices(mine, other, after)))


def merge(
    kind: Kind,
    from_id: str,
    into_id: str,
    cause: Cause,
    owners: Owners,
    context: RecordsContext,
    *,
    seen: Merge | None = None,
) -> ChangeDoc:
    """Merge the record *from_id* into the record *into_id*. Returns the change of the record that stays.

    Raises NoSuchRecord, NothingToMerge, and Overtaken if the records differ in other fields than in the preview *seen*.
    """
    for left in reversed(range(TRIES)):
        now = preview(kind, from_id, into_id, owners, context)
        if seen and now.choices != seen.choices:
            raise Overtaken("somebody changed one of the two records after the preview: look at it again")
        steps = _steps(kind, now, cause, context)
        try:
            commit(steps, context)
        except (Conflict, AlreadyExists):
            if not left:
                raise
        else:
            return steps[0].made
    raise AssertionError


def _steps(kind: Kind, now: Merge, cause: Cause, context: RecordsContext) -> list[Step]:
    """The change of the record that stays, of the one that goes, and of those that led to it."""
    goes, stays = now.goes, now.stays
    led = led_to(changes_of(goes.id, context))
    gone = with_state(current_body(kind, goes), "merged", clock_of(goes, {}, context, since=True), stays.id)
    steps = [
        step(kind, stays.id, stays.doc, now.after, cause, context, merges=[goes.id, *led]),
        step(kind, goes.id, goes.doc, gone, cause, context),
        *redirected(kind, led, goes.id, stays.id, cause, context),
    ]
    return [each for each in steps if each]


def _live(kind: Kind, id: str, context: RecordsContext) -> Stored:
    record = stored(kind, id, context)
    if record is None:
        raise NoSuchRecord(f"expected the id of a {kind.name}, found none with {id}")
    if record.forgotten_at:
        raise IsForgotten(record)
    if record.body["state"] != "live":
        hint = f"`opos records undo` or a restore brings it back: opos records history {kind.name} {record.id[:8]}"
        raise NothingToMerge(f"expected two records that are not deleted, found that {record.id} is", hint=hint)
    return record
