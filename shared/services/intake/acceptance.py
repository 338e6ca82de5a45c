"""Accepting an event: write it down once, then tell the others. The one way in, for webhooks and for opos itself."""

import hashlib
from typing import Literal

from shared.context import Context
from shared.errors import AlreadyExists
from shared.events import OWN_SOURCE, Event, EventAccepted, Signal, day, document_id
from shared.ports import Create
from shared.telemetry.logger import log as _log

Outcome = Literal["accepted", "duplicate"]


def accept(event: Event, signals: tuple[Signal, ...], context: Context) -> Outcome:
    """Keep *event* under its id and publish it, in one commit where that can be. Raises Unavailable when neither was.

    A publish that fails afterwards is only logged: the event is durable by then, and the sweeper publishes it again.
    """
    kept = keep(event)
    try:
        if context.joined:
            context.joined.publish_with(kept, lambda version: announcement(event, signals, version=version))
            return "accepted"
        version = context.store.commit([kept])[kept.path]
    except AlreadyExists:
        return "duplicate"
    announce(event, signals, version, context)
    return "accepted"


def keep(event: Event) -> Create:
    """The write that keeps *event*: for who commits it together with what caused it, and then announces it."""
    document = {
        **event.to_doc(),
        "day": day(event.received_at),
        "state": "accepted",
        "republished": {"count": 0, "at": None},
        "handled": {},
    }
    return Create(f"events/{event.id}", document)


def announce(event: Event, signals: tuple[Signal, ...], version: str, context: Context) -> None:
    try:
        context.bus.publish(announcement(event, signals, version=version))
    except Exception as fault:  # noqa: BLE001  (whatever it was, the event is kept, and an error would be a lie)
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
        signals=signals,
    )


def own_event(signal: Signal, type: str, *, delivery_id: str, context: Context) -> Event:
    """An event of opos itself; its body is the signal."""
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
