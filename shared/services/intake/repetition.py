"""Accepts a webhook whose delivery id is not signed: anybody who has captured it can send it again under another id.

The first event with what the signature covers claims it, in the commit that stores the event. An event that comes later
is stored as a repeat of the first; `shared.alerting.decision` says what a repeat may change.
"""

from datetime import datetime

from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import Event, Signal
from shared.intake.webhook import repeat_id
from shared.ports import Create, Doc, Update, Write
from shared.ports.field_paths import EXPIRY
from shared.services.intake.acceptance import Outcome, accept


def accept_first(
    event: Event, signals: tuple[Signal, ...], claim: Create, context: Context, *more: Write
) -> tuple[Event, Outcome]:
    """Accept *event* with its *claim*, or as a repeat of the event that has the claim; the event as it is stored.

    A repeat of an event that was forgotten is not stored.

    *more* is written in the same commit. Raises Conflict if the claim changed meanwhile; the request then runs again.
    """
    try:
        return event, accept(event, signals, context, *more, claim)
    except AlreadyExists as conflict:
        if conflict.path != claim.path:
            raise
        known = context.store.get(claim.path)
    if known is None:
        raise Conflict(claim.path)
    if _has_ended(known, context.now):
        return event, accept(event, signals, context, *more, Update(claim.path, claim.data, known.version))
    first = context.store.get(f"events/{known.data['event']}")
    if first and first.data.get("forgotten_at"):  # it would bring back what was forgotten
        return event.model_copy(update={"id": first.id}), "duplicate"
    id = repeat_id(event.source, event.delivery_id, event.body_sha256)
    repeat = event.model_copy(update={"id": id, "repeats": known.data["event"]})
    return repeat, accept(repeat, signals, context, *more)


def _has_ended(known: Doc, now: datetime) -> bool:
    """Firestore deletes an expired document up to a day late."""
    return datetime.fromisoformat(known.data[EXPIRY]) < now
