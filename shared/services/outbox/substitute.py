"""The message on another channel about a message that opos stopped trying to send.

It is committed with the end of the other one, so a crash neither loses nor doubles it. If it ends in the same way, the
next channel gets one, until each channel had its turn.
"""

import hashlib
from collections.abc import Iterator

from shared.events import iso
from shared.ports import Create, Doc
from shared.security.signed_links import DIGEST_LIFE
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.message import MessageChange, MessageDoc, NoticeDoc, as_message
from shared.values.text import headline


def substitutes(doc: Doc, changes: MessageChange, context: OutboxContext) -> Iterator[Create]:
    """The message that takes the place of that of *doc* after *changes*, if these end it and a channel is left."""
    message = as_message(doc.data)
    tried = [*message.get("tried", []), message["channel"]]
    if changes["state"] not in {"failed", "parked"} or not (channel := _next_channel(tried, context)):
        return
    # Another attempt has another fence, and so has a message that `opos retry` sent again.
    key = hashlib.sha256(f"{doc.path} {message['fence']} {channel}".encode()).hexdigest()[:32]
    reason = f"opos could not deliver this on {', '.join(tried)} ({changes['last_fault']})."
    notice = message["notice"] if "tried" in message else _notice(doc, context)
    text = f"{reason}\n{notice['text']}".rstrip()
    yield Create(f"outbox/{key}", _message(message, channel, tried, {**notice, "text": text}, context))


def _next_channel(tried: list[str], context: OutboxContext) -> str:
    """The first channel that is not *tried*. The console shows undelivered messages anyway."""
    channels = context.config.channels.items()
    return next((name for name, channel in channels if name not in tried and hasattr(channel, "secret")), "")


def _message(
    message: MessageDoc, channel: str, tried: list[str], notice: NoticeDoc, context: OutboxContext
) -> MessageDoc:
    """It costs nothing more: what it says has been counted as an interruption."""
    return {
        "channel": channel, "notice": notice, "tried": tried, "ack": message["ack"], "cause": None, "cost": 0.0,
        "state": "pending", "fence": 0, "attempts": 0, "created_at": iso(context.now), "due_at": iso(context.now),
        "receipt": None, "last_fault": None,
    }  # fmt: skip


def _notice(doc: Doc, context: OutboxContext) -> NoticeDoc:
    """The notice of *doc*; that of a digest or review, which is stored as data, has a link to where it can be read."""
    notice = as_message(doc.data)["notice"]
    if doc.path.startswith("outbox/"):
        return notice
    link = context.links.base_url
    if "content" in doc.data:
        link = context.links.url("digest", {"digest": doc.id}, expires=context.now + DIGEST_LIFE)
    return {**notice, "title": headline(notice["title"]), "link": link, "severity": "warning"}
