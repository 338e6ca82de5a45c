"""Sends the messages of the outbox: the intent is committed with the decision, then sent under a lease, then receipted.

A crash between sending and the receipt sends the same message again under the same key. So a message has its effect at
least once, and exactly once if the receiver knows the key. A worker that lost its lease may still write a receipt,
because what the receiver has accepted must not be sent again; any other outcome of it no longer counts.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.context import Context
from shared.errors import Conflict
from shared.events import iso
from shared.ports import Doc, Update
from shared.process.shares import Claim
from shared.services.outbox.addressees import addressed, receiver_name
from shared.services.outbox.attempt import Attempt, started
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.message import MessageChange, MessageDoc, State, as_message
from shared.services.outbox.outcome import postponed, present, record

LEASE = timedelta(seconds=30)
"""Three times as long as a worker waits for a channel (`shared.process.shares`)."""


def intent(
    *,
    channel: str,
    title: str,
    text: str,
    severity: str,
    link: str = "",
    ack: dict[str, Any] | None = None,
    cause: dict[str, Any] | None = None,
    cost: float = 0.0,
    now: datetime,
) -> MessageDoc:
    """The document of a message that its worker is about to send: it is created under the lease of that worker."""
    return {
        "channel": channel,
        "notice": {"title": title, "text": text, "severity": severity, "link": link},
        "ack": ack,
        "cause": cause,
        "cost": cost,
        "state": "sending",
        "fence": 1,
        "attempts": 1,
        "created_at": iso(now),
        "due_at": iso(now + LEASE),
        "receipt": None,
        "last_fault": None,
    }


def send(doc: Doc, context: OutboxContext) -> State:
    """Send the message of *doc*, whose lease this worker has, to each addressee, and record the outcomes.

    Returns `sent` if an addressee has it.
    """
    states = [attempt.outcome() for attempt in [begin(own, context) for own in addressed(doc, context)]]
    return "sent" if "sent" in states else next(iter(states), "pending")


def begin(doc: Doc, context: OutboxContext) -> Attempt:
    """Begin to send the message of *doc*, whose lease this worker has, to its addressee.

    Returns when the attempt is over, or soon.

    If the addressee has no share left, the message waits for the next sweep, and this does not count as an attempt.
    """
    claim: Claim[State] | None = context.sends.shares.claim(receiver_name(doc.data), doc.path)
    if claim is None:
        record(doc, postponed(doc, context.now), context)
        return Attempt(doc, context)
    return started(claim, doc, context)


def retake(doc: Doc, context: OutboxContext) -> Attempt | None:
    """Take over a message whose lease or wait has ended, and begin to send it. None if another worker took it first.

    The claim comes before the lease: an attempt of this process that is in flight still may write its receipt.
    """
    message = as_message(doc.data)
    claim: Claim[State] | None = context.sends.shares.claim(receiver_name(message), doc.path)
    if claim is None:
        return Attempt(doc, context)
    lease: MessageChange = {
        "state": "sending",
        "fence": message["fence"] + 1,
        "attempts": message["attempts"] + 1,
        "due_at": iso(present(context) + LEASE),
    }
    try:
        version = context.store.commit([Update(doc.path, lease, if_version=doc.version)])[doc.path]
    except BaseException as fault:
        claim.drop()
        if isinstance(fault, Conflict):
            return None
        raise
    return started(claim, Doc(doc.path, {**doc.data, **lease}, version), context)


def due(collection: str, context: Context, *, limit: int) -> Iterator[Doc]:
    """The messages in *collection* that are due and that no worker is sending."""
    return context.store.query(collection, where=[("due_at", "<=", iso(context.now))], order_by="due_at", limit=limit)
