"""Sends what waits together: claims the items of a batch, and sends it as one message whose content never changes."""

from collections.abc import Sequence

import structlog

from shared.context import Context
from shared.digest.batch import Batching, closes
from shared.digest.render import render
from shared.events import DigestDue, iso
from shared.outbox import intent, send
from shared.ports import Create, Doc, Update
from shared.telling import muted
from shared.waiting import MOST, batching, waiting

_log = structlog.get_logger()


def handle(message: DigestDue, context: Context) -> None:
    """Close and send every batch of a queue that is due. What another worker claims first is left to it.

    Raises Conflict when an item changed meanwhile: the invocation is then run again, on what waits by then.
    """
    how, there_may_be_more = batching(message.queue, context.config), True
    while there_may_be_more:
        items = _without_muted(waiting(message.queue, context), context)
        there_may_be_more = len(items) == MOST
        while reason := closes([item.data for item in items], how, now=context.now):
            send(_claim(items[: how.size], how, reason, context), context)
            items = items[how.size :]


def _without_muted(items: list[Doc], context: Context) -> list[Doc]:
    """*items* without those that are silenced or inhibited: they leave the queue, to be looked at again then."""
    verdicts = muted([item.data for item in items], context) if items else {}
    for item in items:
        if verdict := verdicts.get(item.data["id"]):
            held = {"by": verdict.by, "reason": verdict.reason, "since": iso(context.now)}
            again = iso(verdict.until) if verdict.until and item.data["state"] == "firing" else None
            changes = {"pending": None, "held": held, "calls_at": again}
            context.store.commit([Update(item.path, changes, item.version)])
            _log.info("muted", alert=item.id, reason=verdict.reason)
    return [item for item in items if item.data["id"] not in verdicts]


def _claim(items: Sequence[Doc], how: Batching, reason: str, context: Context) -> Doc:
    """One digest, committed together with the items that leave the queue for it."""
    path = f"digests/{context.new_id()}"
    content = {**_message(items, how, context), "members": [item.id for item in items], "closed_by": reason}
    leaving = [Update(item.path, {"pending": None, "digest": path}, item.version) for item in items]
    version = context.store.commit([Create(path, content), *leaving])[path]
    _log.info("digest_closed", digest=path, members=len(items), reason=reason)
    return Doc(path, content, version)


def _message(items: Sequence[Doc], how: Batching, context: Context) -> dict[str, object]:
    rendered = render([item.data for item in items])
    return intent(
        channel=how.channel, title=rendered.subject, text=rendered.text, severity=how.severity, now=context.now
    )
