"""Records dead letters: messages that a function failed to process five times."""

import json
from typing import Any

from functions.sweeper.due_digests import due_batches
from shared.context import Context
from shared.events import OWN_SOURCE, Alert, DeadLetter, DigestDue, ReviewDue, Tick, document_id, iso
from shared.ports import Create, Doc, Update, Write
from shared.services.intake.acceptance import accept, own_event
from shared.services.slo.context import MeasuredContext
from shared.telemetry.logger import log as _log


def record_dead_letter(message: DeadLetter, context: MeasuredContext) -> None:
    """Store the dead letter, take its event out of the sweep, and notify the operator.

    Does nothing if the work is done, or will be done without the operator: see `_is_made_up_for`.
    """
    content = _content(message)
    event_id = _event_id(content)
    letter = {
        "subscription": message.subscription,
        "attempts": message.attempts,
        "event": event_id,
        "data": message.data,
        "received_at": iso(context.now),
    }
    path = f"dead_letters/{document_id(message.subscription, event_id or message.data)}"
    event = context.store.get(f"events/{event_id}") if event_id else None
    if _is_made_up_for(content, event, context):
        _log.warning("dead_letter_made_up_for", subscription=message.subscription, event_id=event_id)
        return
    known = context.store.get(path)
    if known is None:
        context.store.commit([Create(path, letter), *_out_of_the_sweep(event)])
        if event:
            context.indicators.took("event_handled", 0, context.now, well=False)
        _log.error("dead_letter", subscription=message.subscription, event_id=event_id)
    if event is None or event.data["source"] != OWN_SOURCE:
        _raise_alert(message, path, known.data["received_at"] if known else iso(context.now), context)


def _out_of_the_sweep(event: Doc | None) -> list[Write]:
    if event is None or event.data["state"] != "accepted":
        return []
    return [Update(event.path, {"state": "dead"}, event.version)]


def _content(message: DeadLetter) -> dict[str, Any]:
    try:
        content = json.loads(message.data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _event_id(content: dict[str, Any]) -> str | None:
    event_id = content.get("id")
    return event_id if isinstance(event_id, str) else None


def _is_made_up_for(content: dict[str, Any], event: Doc | None, context: Context) -> bool:
    """Whether the message's work is done, or will be done without the operator.

    An event is dead only if it fails again after a sweep has published it again: an outage of a few minutes needs no
    operator. Ticks and reviews are repeated on a schedule.
    """
    if event is not None and not content.get("nonce"):
        waits = event.data["state"] == "accepted" and not event.data["republished"]["count"]
        return waits or event.data["state"] == "handled"
    if content.get("contract") == _contract(DigestDue):
        return not any(due.queue == content.get("queue") for due in due_batches(context))
    return content.get("contract") in {_contract(Tick), _contract(ReviewDue)}


def _contract(message: type[DigestDue | ReviewDue | Tick]) -> str:
    return str(message.model_fields["contract"].default)


def _raise_alert(message: DeadLetter, path: str, recorded_at: str, context: Context) -> None:
    """Raise a critical alert, because the message may be about a critical one; one alert for each subscription.

    The letter is recorded anew if its event is replayed and fails again, so its path alone does not name the event.
    """
    alert = Alert(
        fingerprint=f"dead-letter:{message.subscription}",
        title=f"opos could not process a message of {message.subscription}",
        severity="critical",
        summary=f"It failed {message.attempts} times and is stored as {path}. Fix the cause, then replay the event.",
    )
    event = own_event(alert, "dead-letter", delivery_id=f"{path}:{recorded_at}", context=context)
    accept(event, (alert,), context)
