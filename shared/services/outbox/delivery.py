"""Sends messages: the intent is committed with the decision, sent under a lease, and then gets its receipt.

A crash between send and receipt repeats the same message under the same key, so a message arrives at least once, and
exactly once if the receiver ignores a key that it knows. A worker that lost its lease cannot write a receipt, because
the version that it would write against is gone.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.context import Context
from shared.errors import Conflict, DeliveryError
from shared.events import iso
from shared.ports import Doc, Notice, Receipt, Update
from shared.ports.field_paths import EXPIRY
from shared.security.signed_links import ACK_LIFE
from shared.services.outbox.context import OutboxContext
from shared.telemetry import setup as telemetry
from shared.telemetry.logger import log as _log

LEASE = timedelta(seconds=30)
"""Longer than any channel may take to answer."""
MAX_ATTEMPTS = 20
LONGEST_WAIT = timedelta(minutes=30)
KEEP = timedelta(days=400)
"""How long a message that was sent stays in the store."""

State = Literal["pending", "sending", "sent", "failed", "parked"]
"""`failed`: the receiver will never accept it. `parked`: not sent after MAX_ATTEMPTS. Both are shown until fixed."""


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
) -> dict[str, Any]:
    """The document of a message that the worker who commits it sends next: it starts under that worker's lease.

    `ack` names what a link in the message acknowledges: `{"group": id, "call": when it began}`. `cause` says why the
    message interrupts, and `cost` what the interruption costs.
    """
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
    """Send the message of *doc*, on which this worker holds the lease, and store the outcome."""
    try:
        with telemetry.span(f"send {doc.data['channel']}", channel=doc.data["channel"]):
            receipt = context.channel(doc.data["channel"]).send(_notice(doc, context), doc.id)
        changes = _sent(receipt)
    except DeliveryError as fault:
        changes = _not_sent(doc, fault, context.now)
    except Exception as fault:  # noqa: BLE001  (a broken channel must not lose the message: it is retried and shown)
        _log.error("channel_broken", channel=doc.data["channel"], error=type(fault).__name__)
        changes = _not_sent(doc, DeliveryError("internal"), context.now)
    return _record(doc, changes, context)


def retake(doc: Doc, context: OutboxContext) -> State | None:
    """Send a message whose lease or wait has ended, under a new lease. None if another worker took it first."""
    lease = {
        "state": "sending",
        "fence": doc.data["fence"] + 1,
        "attempts": doc.data["attempts"] + 1,
        "due_at": iso(context.now + LEASE),
    }
    try:
        version = context.store.commit([Update(doc.path, lease, if_version=doc.version)])[doc.path]
    except Conflict:
        return None
    return send(Doc(doc.path, {**doc.data, **lease}, version), context)


def due(collection: str, context: Context, *, limit: int) -> Iterator[Doc]:
    """The messages in *collection* whose lease or wait has ended."""
    return context.store.query(collection, where=[("due_at", "<=", iso(context.now))], order_by="due_at", limit=limit)


def _notice(doc: Doc, context: OutboxContext) -> Notice:
    """The notice for the channel: rendered from the data in *doc*, or the stored text itself."""
    render = next((render for field, render in context.notices.items() if field in doc.data), None)
    if render:
        return render(doc, context)
    notice, ack = doc.data["notice"], doc.data["ack"]
    if not ack:
        return Notice(**notice)
    expires = datetime.fromisoformat(doc.data["created_at"]) + ACK_LIFE
    return Notice(**notice, ack_url=context.links.url("ack", ack, expires=expires))


def _sent(receipt: Receipt) -> dict[str, Any]:
    return {
        "state": "sent",
        "due_at": None,
        "last_fault": None,
        "receipt": {"detail": receipt.detail, "at": iso(receipt.at)},
        EXPIRY: iso(receipt.at + KEEP),
    }


def _not_sent(doc: Doc, fault: DeliveryError, now: datetime) -> dict[str, Any]:
    attempts = doc.data["attempts"]
    _log.warning("not_delivered", path=doc.path, reason=fault.reason, permanent=fault.permanent, attempts=attempts)
    if fault.permanent or attempts >= MAX_ATTEMPTS:
        return {"state": "failed" if fault.permanent else "parked", "due_at": None, "last_fault": fault.message}
    wait = min(timedelta(seconds=30) * (1 << attempts - 1), LONGEST_WAIT)
    return {"state": "pending", "due_at": iso(now + wait), "last_fault": fault.message}


def _record(doc: Doc, changes: dict[str, Any], context: OutboxContext) -> State:
    state: State = changes["state"]
    try:
        context.store.commit([Update(doc.path, changes, if_version=doc.version)])
    except Conflict:
        _log.warning("lease_lost", path=doc.path, outcome=state)
    _log.info("delivery", path=doc.path, channel=doc.data["channel"], state=state)
    if doc.path.startswith("outbox/") and state != "pending":
        took = (context.now - datetime.fromisoformat(doc.data["created_at"])).total_seconds() + context.elapsed_seconds
        context.indicators.took("page_delivered", took, context.now, well=state == "sent")
    return state
