"""What an attempt to send a message changes in its document, and how that is written."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.context import Context
from shared.errors import AlreadyExists, Conflict, DeliveryError
from shared.events import iso
from shared.ports import Doc, Receipt, Update, Write
from shared.ports.field_paths import EXPIRY
from shared.services.outbox.addressees import receiver_name
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.message import MessageChange, State, as_message, made_at
from shared.services.outbox.substitute import substitute
from shared.telemetry.logger import log as _log
from shared.values.text import counted

MAX_ATTEMPTS = 20
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
KEEP = timedelta(days=400)
"""How long a sent message is kept."""


def present(context: Context) -> datetime:
    """The present time, in steps of a second, for what happens long after the invocation began."""
    return context.now + timedelta(seconds=int(context.elapsed_seconds))


def sent(receipt: Receipt) -> MessageChange:
    return {
        "state": "sent",
        "due_at": None,
        "last_fault": None,
        "receipt": {"detail": receipt.detail, "at": iso(receipt.at)},
        EXPIRY: iso(receipt.at + KEEP),
    }


def not_sent(doc: Doc, fault: DeliveryError, now: datetime) -> MessageChange:
    attempts = as_message(doc.data)["attempts"]
    _log.warning("not_delivered", path=doc.path, reason=fault.reason, permanent=fault.permanent, attempts=attempts)
    if fault.permanent or attempts >= MAX_ATTEMPTS:
        return {"state": "failed" if fault.permanent else "parked", "due_at": None, "last_fault": fault.message}
    wait = max(FIRST_WAIT * (1 << attempts - 1), timedelta(seconds=fault.after))
    return {"state": "pending", "due_at": iso(now + min(wait, LONGEST_WAIT)), "last_fault": fault.message}


def postponed(doc: Doc, now: datetime) -> MessageChange:
    """The message waits, because too many others wait for its channel. The attempt does not count."""
    fault = DeliveryError("timeout", detail="the channel has not answered earlier messages")
    return {
        **not_sent(doc, fault, now),
        "state": "pending",
        "due_at": iso(now + FIRST_WAIT),
        "attempts": doc.data["attempts"] - 1,
    }


def record(doc: Doc, changes: MessageChange, context: OutboxContext) -> State:
    """Write *changes* to the message of *doc*, if they still apply, and count them. Returns the state that they set."""
    state, message = changes["state"], as_message(doc.data)
    if not _is_written(doc, changes, context):
        _log.warning("lease_lost", path=doc.path, outcome=state)
    _log.info(
        "delivery", path=doc.path, channel=receiver_name(message), state=state, title=_title(doc.data),
        last_fault=changes.get("last_fault"),
    )  # fmt: skip
    if doc.path.startswith("outbox/") and state != "pending" and "resolves" not in message:
        created = datetime.fromisoformat(made_at(message))
        took = (context.now - created).total_seconds() + context.elapsed_seconds
        context.indicators.took("page_delivered", took, context.now, well=state == "sent")
    return state


def _title(message: Mapping[str, Any]) -> str:
    if notice := message.get("notice"):
        return str(notice["title"])
    return f"digest with {counted(len(message['members']), 'item')}" if "members" in message else "weekly review"


def writes(doc: Doc, changes: MessageChange, version: str, context: OutboxContext) -> list[Write]:
    """What *changes* write to the message of *doc* at *version*. If they end it, another channel gets a message."""
    other = substitute(doc, changes, context)
    if other is None:
        return [Update(doc.path, changes, if_version=version)]
    is_new = context.store.get(other.path) is None
    return [Update(doc.path, {**changes, "substitute": other.path}, if_version=version), *([other] if is_new else [])]


def _is_written(doc: Doc, changes: MessageChange, context: OutboxContext) -> bool:
    version = doc.version
    while True:
        try:
            context.store.commit(writes(doc, changes, version, context))
        except (Conflict, AlreadyExists):
            now = context.store.get(doc.path)
            if now is None or not _applies(changes, doc, now):
                return False
            version = now.version
        else:
            return True


def _applies(changes: MessageChange, doc: Doc, now: Doc) -> bool:
    """Whether *changes*, the outcome of an attempt under the lease of *doc*, apply to the message as it is *now*.

    A receipt applies to any message that has none. Other outcomes apply until another attempt begins or all have ended.
    """
    if now.data["state"] == "sent" or changes["state"] == "sent":
        return bool(now.data["state"] != "sent")
    return now.data["fence"] == doc.data["fence"] and now.data["state"] in {"sending", "pending"}
