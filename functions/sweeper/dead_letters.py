"""Messages that could not be handled: kept, taken out of the sweep, and told."""

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
    """Keep a message that could not be handled, take its event out of the sweep, and tell the operator.

    Unless there is nothing to tell: an outage that is over, or a message whose like comes again each minute.
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
    if context.store.get(path) is None:
        context.store.commit([Create(path, letter), *_out_of_the_sweep(event)])
        if event:
            context.indicators.took("event_handled", 0, context.now, well=False)
        _log.error("dead_letter", subscription=message.subscription, event_id=event_id)
    if event is None or event.data["source"] != OWN_SOURCE:
        _raise_alarm(message, path, context)


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
    found = content.get("id")
    return found if isinstance(found, str) else None


def _is_made_up_for(content: dict[str, Any], event: Doc | None, context: Context) -> bool:
    """Whether what the message was about is done, or will be done without the operator.

    An event is dead only when it has failed once more after a sweep, so no outage of a few minutes asks for a hand.
    """
    if event is not None and not content.get("nonce"):
        waits = event.data["state"] == "accepted" and not event.data["republished"]["count"]
        return waits or event.data["state"] == "handled"
    if content.get("contract") == _contract(DigestDue):
        return not any(due.queue == content.get("queue") for due in due_batches(context))
    return content.get("contract") in {_contract(Tick), _contract(ReviewDue)}


def _contract(message: type[DigestDue | ReviewDue | Tick]) -> str:
    return str(message.model_fields["contract"].default)


def _raise_alarm(message: DeadLetter, path: str, context: Context) -> None:
    """A dead letter may hide something critical, so it is itself critical: one page for each subscription."""
    alert = Alert(
        fingerprint=f"dead-letter:{message.subscription}",
        title=f"opos could not handle a message of {message.subscription}",
        severity="critical",
        summary=f"It failed {message.attempts} times and is kept as {path}. Mend the cause, then replay the event.",
    )
    accept(own_event(alert, "dead-letter", delivery_id=path, context=context), (alert,), context)
