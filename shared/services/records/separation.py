"""The undo of a merge: both records are as they were, and what has changed since then stays where it is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.records.body import Body
from shared.records.change import Cause, ChangeDoc
from shared.records.history import Version, versions
from shared.records.kind import Kind
from shared.records.merge import parted, taken
from shared.records.undo import Lost, NothingToUndo
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored, body_today
from shared.services.records.redirects import merged_record, redirected
from shared.services.records.transaction import commit, step


class Parted(NamedTuple):
    """The record that stays and the one that comes back, what each will be, the ids that led there, and what is lost.

    Lost is what changed since the merge in the fields that it has set, and what a system that knows the record that
    comes back has said since, as that may have been about it. It stays in the record that stayed.
    """

    body: Body
    back: Stored
    back_body: Body
    led: list[str]
    lost: list[Lost]


def part(
    kind: Kind, changes: Sequence[ChangeDoc], n: int, gone: Sequence[ChangeDoc], context: RecordsContext
) -> Parted:
    """What undoes the merge in change *n*. *changes* are all of the record that stays, *gone* all of the other.

    Raises NothingToUndo if it was undone already.
    """
    stays, (goes, *led) = changes[n - 1]["record"], changes[n - 1]["merges"]
    back = merged_record(kind, goes, stays, context)
    if back is None:
        raise NothingToUndo(f"expected that {goes} leads to {stays}, found that the merge was undone already")
    seen = list(versions(changes))
    before, after, now = (body_today(kind, version.body) for version in (seen[n - 2], seen[n - 1], seen[-1]))
    back_body = next(version.body for version in reversed(list(versions(gone))) if version.body["state"] == "live")
    systems = {field.system for field in kind.claims if field.system and field.name in back_body["values"]}
    lost = list(_lost(seen[n:], taken(before, after), systems))
    return Parted(parted(now, before, after), back, back_body, led, lost)


def separate(record: Stored, apart: Parted, n: int, cause: Cause, context: RecordsContext) -> ChangeDoc:
    """Commit *apart* as the undo of change *n* of *record*.

    Raises Conflict or AlreadyExists if somebody else was quicker, and Taken if another record has a key of one of them.
    """
    kind, back = record.kind, apart.back
    stays = step(kind, record.id, record.doc, apart.body, cause, context, undoes=n)
    comes = step(kind, back.id, back.doc, apart.back_body, cause, context, reclaims=apart.led)
    assert stays  # noqa: S101  (an undo is a change, also of a merge that has set nothing)
    assert comes  # noqa: S101
    commit([stays, comes, *redirected(kind, apart.led, record.id, back.id, cause, context)], context)
    return stays.made


def _lost(later: Sequence[Version], fields: set[str], systems: set[str]) -> Iterator[Lost]:
    for version in later:
        actor = version.change["actor"]
        is_theirs = actor["kind"] == "source" and actor["name"] in systems
        for name in sorted(version.fields if is_theirs else version.fields & fields):
            yield Lost(version.change["n"], name, version.body["values"].get(name))
