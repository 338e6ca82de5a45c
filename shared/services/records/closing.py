"""The last change of a record that is forgotten: it has no values of a person any more, and nobody finds it by them."""

from collections.abc import Iterable

from shared.events import iso
from shared.ports import Update
from shared.records.body import Body, with_state
from shared.records.change import Cause, change_doc
from shared.records.forgetting import Claimed, emptied, without_values
from shared.services.records.announcements import AGAIN_AFTER
from shared.services.records.clocks import clock_of
from shared.services.records.context import RecordsContext
from shared.services.records.proposals import Subject, reviewed
from shared.services.records.record import Stored, claims_of, current_body
from shared.services.records.suppression import suppressing
from shared.services.records.transaction import Step, commit, given_up, projection


def close(record: Stored, claims: Iterable[Claimed], cause: Cause, context: RecordsContext) -> None:
    """Commit the last change of *record*, and the marks that suppress *claims*, unless that was done before.

    Raises Conflict or AlreadyExists if somebody else was quicker.
    """
    if record.forgotten_at:
        return
    kind, before, at = record.kind, record.body, max(iso(context.now), record.doc.data["changed_at"])
    after = _closed(record, context)
    change = change_doc(kind.name, record.id, record.n + 1, before, after, cause, at=at, trace=context.trace)
    made = without_values(kind, change)
    made["forgets"], made["due_at"] = True, iso(context.now + AGAIN_AFTER)
    writes = [
        Update(record.doc.path, projection(kind, after, made, record.doc.data["created_at"]), record.doc.version),
        *given_up(record.id, claims_of(kind, before).keys() - claims_of(kind, after).keys(), context),
        *suppressing(kind, claims, at, context),
        *reviewed(Subject(kind, record.id, before, after, cause), context),
    ]
    commit([Step(made, writes)], context)


def _closed(record: Stored, context: RecordsContext) -> Body:
    """A merged record still leads to the one that it was merged into."""
    body = emptied(record.kind, current_body(record.kind, record))
    if body["state"] == "merged":
        return body
    return with_state(body, "deleted", clock_of(record, {}, context, since=True))
