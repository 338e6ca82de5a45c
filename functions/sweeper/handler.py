"""Finds what got stuck, each minute: publishes that were lost, messages whose sender died, digests that are due."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from shared.acceptance import OWN_SOURCE, accept, announcement, own_event
from shared.context import Context
from shared.digest.batch import closes
from shared.errors import Conflict
from shared.events import QUEUES, Alert, DeadLetter, DigestDue, Queue, Tick, document_id, iso
from shared.outbox import due, retake
from shared.ports import Create, Doc, Update, Write
from shared.reading import read_again
from shared.waiting import batching, waiting

LOST_AFTER = timedelta(minutes=1)
BATCH = 1000
"""Mended in one sweep: as many as fit well into the time that a push may take."""
_log = structlog.get_logger()


def sweep(message: Tick, context: Context) -> None:  # noqa: ARG001  (a tick says nothing but that it is time)
    lost = context.store.query("events", where=[("state", "==", "accepted")], limit=BATCH)
    _each(lost, lambda doc: _republish_if_lost(doc, context))
    for collection in ("outbox", "digests"):
        _each(due(collection, context, limit=BATCH), lambda doc: retake(doc, context))
    _close_old_batches(context)


def _each(docs: Iterable[Doc], mend: Callable[[Doc], object]) -> None:
    """Mend every document: one that cannot be mended is logged, and must not keep the others waiting."""
    for doc in list(docs):
        try:
            mend(doc)
        except Exception as fault:  # noqa: BLE001
            _log.exception("not_mended", path=doc.path, error=type(fault).__name__)


def record_dead_letter(message: DeadLetter, context: Context) -> None:
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
        _log.error("dead_letter", subscription=message.subscription, event_id=event_id)
    if event is None or event.data["source"] != OWN_SOURCE:
        _raise_alarm(message, path, context)


def _out_of_the_sweep(event: Doc | None) -> list[Write]:
    if event is None or event.data["state"] != "accepted":
        return []
    return [Update(event.path, {"state": "dead"}, event.version)]


def _lost_at(doc: Doc) -> datetime:
    """When an event that is still not handled has to be published again: after one minute, then two, four, ..."""
    republished = doc.data["republished"]
    last = datetime.fromisoformat(republished["at"] or doc.data["received_at"])
    times: int = min(republished["count"], 6)
    return last + LOST_AFTER * (1 << times)


def _republish_if_lost(doc: Doc, context: Context) -> None:
    if context.now < _lost_at(doc):
        return
    again = {"republished.count": doc.data["republished"]["count"] + 1, "republished.at": iso(context.now)}
    try:
        version = context.store.commit([Update(doc.path, again, doc.version)])[doc.path]
    except Conflict:
        return  # It was handled, or another sweep published it, since we looked.
    event, signals = read_again(doc, context.config)
    context.bus.publish(announcement(event, signals, version=version))
    _log.warning("republished", event_id=doc.id)


def _close_old_batches(context: Context) -> None:
    for queue in QUEUES:
        if reason := _due(queue, context):
            context.bus.publish(DigestDue(queue=queue, reason=reason))


def _due(queue: Queue, context: Context) -> Literal["size", "window"] | None:
    items = [doc.data for doc in waiting(queue, context)]
    return closes(items, batching(queue, context.config), now=context.now)


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
        return not any(queue == content.get("queue") and _due(queue, context) for queue in QUEUES)
    return content.get("contract") == _contract(Tick)


def _contract(message: type[DigestDue | Tick]) -> str:
    return str(message.model_fields["contract"].default)


def _raise_alarm(message: DeadLetter, path: str, context: Context) -> None:
    """A dead letter may hide something critical, so it is itself critical: one page for each subscription."""
    alert = Alert(
        fingerprint=f"dead-letter:{message.subscription}",
        title=f"opos could not handle a message of {message.subscription}",
        severity="critical",
        summary=f"It failed {message.attempts} times and is kept as {path}. Mend the cause, then replay the event.",
    )
    accept(own_event(alert, delivery_id=path, context=context), (alert,), context)
