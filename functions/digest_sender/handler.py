"""Closes the digests that are due: claims what waits, and sends it as one message whose content never changes again."""

from collections.abc import Sequence

import structlog

from shared.context import Context
from shared.digest.batch import closes
from shared.digest.render import render
from shared.events import DigestDue
from shared.outbox import intent, send
from shared.ports import Condition, Create, Doc, Update

_log = structlog.get_logger()


def handle(message: DigestDue, context: Context) -> None:
    """Close and send the digests of a channel until none is due. What another worker claims first is left to it."""
    while claimed := _claim(message.channel, context):
        send(claimed, context)


def _claim(channel: str, context: Context) -> Doc | None:
    """One digest, committed together with the items that leave the queue for it; None when none is due.

    Raises Conflict when an item changed meanwhile: the invocation is then run again.
    """
    digest = context.config.digest
    waiting: Condition = ("pending.channel", "==", channel)
    items = list(context.store.query("alerts", where=[waiting], order_by="pending.since", limit=digest.size))
    reason = closes([item.data for item in items], size=digest.size, window=digest.window, now=context.now)
    if reason is None:
        return None
    path = f"digests/{context.new_id()}"
    content = {**_message(items, channel, context), "members": [item.id for item in items], "closed_by": reason}
    leaving = [Update(item.path, {"pending": None, "digest": path}, item.version) for item in items]
    version = context.store.commit([Create(path, content), *leaving])[path]
    _log.info("digest_closed", digest=path, members=len(items), reason=reason)
    return Doc(path, content, version)


def _message(items: Sequence[Doc], channel: str, context: Context) -> dict[str, object]:
    rendered = render([item.data for item in items])
    return intent(channel=channel, title=rendered.subject, text=rendered.text, severity="info", now=context.now)
