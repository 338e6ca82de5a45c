"""The message on another channel about a message that opos stopped trying to send.

It is committed with the end of the other one, so a crash neither loses nor doubles it. If it ends in the same way, the
next channel gets one, until each channel had its turn. Its id is that of the first message and the channel: a channel
gets one, however many addressees of another did not.
"""

from shared.events import document_id, iso
from shared.ports import Create, Doc
from shared.security.signed_links import DIGEST_LIFE
from shared.services.outbox.addressees import receiver_name, whole
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.message import MessageChange, NoticeDoc, QuietMessage, as_message, made_at
from shared.values.text import headline


def substitute(doc: Doc, changes: MessageChange, context: OutboxContext) -> Create | None:
    """The message that takes the place of that of *doc* after *changes*, if these end it and a channel is left.

    A notice that an alert has resolved is not worth one.
    """
    if changes["state"] not in {"failed", "parked"}:
        return None
    original = whole(doc, context)
    message = as_message(original.data)
    tried = [*message.get("tried", []), message["channel"]]
    channel = "" if "resolves" in message else _next_channel(tried, context)
    if not channel:
        return None
    first = message.get("instead_of", original.path)
    names = [*tried[:-1], receiver_name(doc.data)]
    reason = f"opos could not deliver this on {', '.join(names)} ({changes['last_fault']})."
    notice = _notice(original, context)
    content: QuietMessage = {
        "channel": channel, "notice": {**notice, "text": f"{reason}\n{notice['text']}".rstrip()}, "tried": tried,
        "instead_of": first, "ack": message["ack"], "cause": None, "cost": 0.0, "state": "pending", "fence": 0,
        "attempts": 0, "made_at": made_at(message), "due_at": iso(context.now), "receipt": None, "last_fault": None,
    }  # fmt: skip
    return Create(f"outbox/{document_id('substitute', first, channel)}", content)


def _next_channel(tried: list[str], context: OutboxContext) -> str:
    """The first channel that is not *tried*. The console shows undelivered messages anyway."""
    channels = context.config.channels.items()
    return next((name for name, channel in channels if name not in tried and hasattr(channel, "secret")), "")


def _notice(doc: Doc, context: OutboxContext) -> NoticeDoc:
    """The notice of *doc*; that of a digest or review, which is stored as data, has a link to where it can be read."""
    notice = as_message(doc.data)["notice"]
    if doc.path.startswith("outbox/"):
        return notice
    link = context.links.base_url
    if "content" in doc.data:
        link = context.links.url("digest", {"digest": doc.id}, expires=context.now + DIGEST_LIFE)
    return {**notice, "title": headline(notice["title"]), "link": link, "severity": "warning"}
