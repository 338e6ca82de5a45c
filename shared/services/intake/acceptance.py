"""Accepts an event: stores it once, then publishes it. Webhooks and opos's own events all come in this way."""

import hashlib
from typing import Literal

from shared.context import Context
from shared.errors import AlreadyExists
from shared.events import OWN_SOURCE, Event, EventAccepted, Handling, Signal, day, document_id
from shared.intake.webhook import read_again
from shared.ports import Create, Doc, Write
from shared.ports.terms import event_terms
from shared.telemetry.logger import log as _log

Outcome = Literal["accepted", "duplicate"]


def accept(event: Event, signals: tuple[Signal, ...], context: Context, *more: Write) -> Outcome:
    """Store *event* under its id and publish it, in one commit if the bus can. Raises Unavailable if it is not stored.

    *more* is written in the same commit; a conflict about it is raised, and nothing is stored.

    A publish that fails afterwards is only logged: the event is durable by then, and the sweeper publishes it again.
    A duplicate of an event that nobody has handled is published too: its first attempt may have stored the event
    and died, or timed out, before it published.
    """
    kept = keep(event, signals)
    try:
        if context.joined:
            context.joined.publish_with(kept, lambda version: announcement(event, signals, version=version), *more)
            return "accepted"
        version = context.store.commit([kept, *more])[kept.path]
    except AlreadyExists as conflict:
        if conflict.path != kept.path:
            raise
        if not context.joined:
            announce_if_waiting(context.store.get(kept.path), context)
        return "duplicate"
    announce(event, signals, version, context)
    return "accepted"


def announce_if_waiting(doc: Doc | None, context: Context) -> None:
    """Publish the event *doc* again if nobody has handled it."""
    if doc is not None and doc.data["state"] == "accepted":
        event, signals = read_again(doc, context.config)
        announce(event, signals, doc.version, context)


def keep(event: Event, signals: tuple[Signal, ...] = ()) -> Create:
    """The write that stores *event* with *signals*, for callers that commit it with other writes and then announce it.

    It is found by the labels of its first signal.
    """
    handling: Handling = {
        "day": day(event.received_at), "state": "accepted", "republished": {"count": 0, "at": None}, "handled": {},
    }  # fmt: skip
    stored = event.to_doc()
    terms = event_terms(stored, signals[0].labels if signals else None)
    return Create(f"events/{event.id}", {**stored, **handling, "terms": terms})


def announce(event: Event, signals: tuple[Signal, ...], version: str, context: Context) -> None:
    try:
        context.bus.publish(announcement(event, signals, version=version))
    except Exception as fault:  # noqa: BLE001  (the event is stored, so an error would be wrong)
        _log.exception("publish_failed", event_id=event.id, error=type(fault).__name__)


def announcement(event: Event, signals: tuple[Signal, ...], *, version: str, nonce: str = "") -> EventAccepted:
    return EventAccepted(
        id=event.id,
        version=version,
        source=event.source,
        type=event.type,
        received_at=event.received_at,
        trace=event.trace,
        nonce=nonce,
        repeats=event.repeats,
        signals=signals,
    )


def own_event(signal: Signal, type: str, *, delivery_id: str, context: Context) -> Event:
    """An event that opos raises itself; its body is the signal."""
    body = signal.model_dump_json()
    return Event(
        id=document_id(OWN_SOURCE, delivery_id),
        source=OWN_SOURCE,
        type=type,
        delivery_id=delivery_id,
        subject=signal.title,
        received_at=context.now,
        owner=context.config.owner,
        trace=context.trace,
        body=body,
        body_sha256=hashlib.sha256(body.encode()).hexdigest(),
    )
