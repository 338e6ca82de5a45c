"""Sends the messages of the outbox: the intent is committed with the decision, then sent under a lease, then receipted.

A crash between sending and the receipt sends the same message again under the same key. So a message has its effect at
least once, and exactly once if the receiver knows the key. A worker that lost its lease cannot write a receipt, because
the document has another version by then.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.context import Context
from shared.errors import Conflict, DeliveryError, OposError
from shared.events import iso
from shared.ports import Doc, Notice, Receipt, Update, plain_notice
from shared.ports.field_paths import EXPIRY
from shared.security.signed_links import ACK_LIFE
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.message import MessageChange, MessageDoc, State, as_message
from shared.telemetry import setup as telemetry
from shared.telemetry.logger import log as _log

LEASE = timedelta(seconds=30)
"""Longer than any channel may take to answer."""
MAX_ATTEMPTS = 20
LONGEST_WAIT = timedelta(minutes=30)
KEEP = timedelta(days=400)
"""How long a sent message is kept."""


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
    """Send the message of *doc*, whose lease this worker has, and record the outcome."""
    message = as_message(doc.data)
    channel = message["channel"]
    try:
        with telemetry.span(f"send {channel}", channel=channel):
            receipt = context.channel(channel).send(_notice(doc, message, context), doc.id)
        changes = _sent(receipt)
    except DeliveryError as fault:
        changes = _not_sent(doc.path, message["attempts"], fault, context.now)
    except Exception as fault:  # noqa: BLE001  (a broken channel must not lose the message: opos retries and shows it)
        _log.error("channel_broken", channel=channel, error=type(fault).__name__)
        changes = _not_sent(doc.path, message["attempts"], DeliveryError("internal"), context.now)
    return _record(doc, message, changes, context)


def retake(doc: Doc, context: OutboxContext) -> State | None:
    """Take over a message whose lease or wait has ended, and send it. None if another worker took it first."""
    message = as_message(doc.data)
    lease: MessageChange = {
        "state": "sending",
        "fence": message["fence"] + 1,
        "attempts": message["attempts"] + 1,
        "due_at": iso(context.now + LEASE),
    }
    try:
        version = context.store.commit([Update(doc.path, lease, if_version=doc.version)])[doc.path]
    except Conflict:
        return None
    return send(Doc(doc.path, {**doc.data, **lease}, version), context)


def due(collection: str, context: Context, *, limit: int) -> Iterator[Doc]:
    """The messages in *collection* that are due and that no worker is sending."""
    return context.store.query(collection, where=[("due_at", "<=", iso(context.now))], order_by="due_at", limit=limit)


def _notice(doc: Doc, message: MessageDoc, context: OutboxContext) -> Notice:
    """The notice for the channel: rendered from the message's data if it has any, otherwise as it is stored.

    If it cannot be rendered, the notice is a plain one with a link to the console.
    """
    render = next((render for field, render in context.notices.items() if field in message), None)
    if render:
        try:
            return render(doc, context)
        except OposError:
            raise
        except Exception as fault:  # noqa: BLE001  (opos sends what little it can show; a retry would fail again)
            _log.exception("notice_not_rendered", path=doc.path, error=type(fault).__name__)
            return plain_notice(Notice(**message["notice"])._replace(link=context.links.base_url), fault)
    notice, ack = message["notice"], message["ack"]
    if not ack:
        return Notice(**notice)
    expires = datetime.fromisoformat(message["created_at"]) + ACK_LIFE
    return Notice(**notice, ack_url=context.links.url("ack", ack, expires=expires))


def _sent(receipt: Receipt) -> MessageChange:
    return {
        "state": "sent",
        "due_at": None,
        "last_fault": None,
        "receipt": {"detail": receipt.detail, "at": iso(receipt.at)},
        EXPIRY: iso(receipt.at + KEEP),
    }


def _not_sent(path: str, attempts: int, fault: DeliveryError, now: datetime) -> MessageChange:
    _log.warning("not_delivered", path=path, reason=fault.reason, permanent=fault.permanent, attempts=attempts)
    if fault.permanent or attempts >= MAX_ATTEMPTS:
        return {"state": "failed" if fault.permanent else "parked", "due_at": None, "last_fault": fault.message}
    wait = min(timedelta(seconds=30) * (1 << attempts - 1), LONGEST_WAIT)
    return {"state": "pending", "due_at": iso(now + wait), "last_fault": fault.message}


def _record(doc: Doc, message: MessageDoc, changes: MessageChange, context: OutboxContext) -> State:
    state = changes["state"]
    try:
        context.store.commit([Update(doc.path, changes, if_version=doc.version)])
    except Conflict:
        _log.warning("lease_lost", path=doc.path, outcome=state)
    _log.info("delivery", path=doc.path, channel=message["channel"], state=state)
    if doc.path.startswith("outbox/") and state != "pending":
        created = datetime.fromisoformat(message["created_at"])
        took = (context.now - created).total_seconds() + context.elapsed_seconds
        context.indicators.took("page_delivered", took, context.now, well=state == "sent")
    return state
