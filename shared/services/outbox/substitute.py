"""The message on another channel about a message that opos stopped trying to send.

It is committed with the end of the other one, so a crash neither loses nor doubles it. If it ends in the same way, the
next channel gets one, until each channel had its turn.
"""

from collections.abc import Iterator

from shared.events import document_id, iso
from shared.ports import Create, Doc
from shared.security.signed_links import DIGEST_LIFE
from shared.services.outbox.addressees import receiver_name, whole
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.message import MessageChange, NoticeDoc, QuietMessage, as_message
from shared.values.text import headline


def substitutes(doc: Doc, changes: MessageChange, context: OutboxContext) -> Iterator[Create]:
    """The message that takes the place of that of *doc* after *changes*, if these end it and a channel is left.

    A notice that an alert has resolved is not worth one.
    """
    message = as_message(doc.data)
    tried = [*message.get("tried", []), message["channel"]]
    is_over = changes["state"] in {"failed", "parked"} and "resolves" not in message
    if not is_over or not (channel := _next_channel(tried, context)):
        return
    # Another attempt has another fence, and so has a message that `opos retry` sent again.
    key = document_id("substitute", doc.path, str(message["fence"]), channel)
    names = [*tried[:-1], receiver_name(doc.data)]
    reason = f"opos could not deliver this on {', '.join(names)} ({changes['last_fault']})."
    notice = message["notice"] if "tried" in message else _notice(whole(doc, context), context)
    text = f"{reason}\n{notice['text']}".rstrip()
    yield Create(f"outbox/{key}", _message(doc, channel, tried, {**notice, "text": text}, context))


def _next_channel(tried: list[str], context: OutboxContext) -> str:
    """The first channel that is not *tried*. The console shows undelivered messages anyway."""
    channels = context.config.channels.items()
    return next((name for name, channel in channels if name not in tried and hasattr(channel, "secret")), "")


def _message(doc: Doc, channel: str, tried: list[str], notice: NoticeDoc, context: OutboxContext) -> QuietMessage:
    """It is no other interruption: what it says has been counted."""
    return {
        "channel": channel, "notice": notice, "tried": tried, "ack": whole(doc, context).data["ack"], "cause": None,
        "cost": 0.0, "state": "pending", "fence": 0, "attempts": 0, "made_at": iso(context.now),
        "due_at": iso(context.now), "receipt": None, "last_fault": None,
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
