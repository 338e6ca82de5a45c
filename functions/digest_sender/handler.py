"""Sends what waits together: claims the items of a batch, and sends it as one message whose content never changes."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from functions.digest_sender.overview import overview
from shared.alerting.alert import noted_in_episode
from shared.context import Context
from shared.digest.batch import Batching, Held, first_batch
from shared.digest.content import compose
from shared.events import DigestDue, iso
from shared.outbox import intent, send
from shared.paging import runbook_of
from shared.ports import Create, Doc, Update
from shared.quiet import held
from shared.subscribing import is_wanted, kept_unsent
from shared.telling import muted
from shared.waiting import AT_ONCE, batching, waiting

_log = structlog.get_logger()


def handle(message: DigestDue, context: Context) -> None:
    """Close and send every batch of a queue that is due. What another worker claims first is left to it.

    Raises Conflict when an item changed meanwhile: the invocation is then run again, on what waits by then.
    """
    how, there_may_be_more = batching(message.queue, context.config), True
    while there_may_be_more:
        items = waiting(message.queue, context)
        there_may_be_more = len(items) == AT_ONCE
        if items:
            _send_due(_without_muted(items, context), how, held(_since(items[0]), context), context)


def _send_due(items: list[Doc], how: Batching, quiet: Held, context: Context) -> None:
    while items:
        batch = first_batch([_since(item) for item in items], how, quiet)
        if not batch.is_due(context.now, quiet):
            return
        digest = _claim(items[: batch.count], how, batch.reason, context)
        if digest.data["state"] != "sent":
            send(digest, context)
        items = items[batch.count :]


def _since(item: Doc) -> datetime:
    return datetime.fromisoformat(item.data["pending"]["since"])


def _without_muted(items: list[Doc], context: Context) -> list[Doc]:
    """*items* without those that are silenced or inhibited: they leave the queue, to be looked at again then."""
    verdicts = muted([item.data for item in items], context)
    for item in items:
        if verdict := verdicts.get(item.data["id"]):
            held_back = {"by": verdict.by, "reason": verdict.reason, "since": iso(context.now)}
            again = iso(verdict.until) if verdict.until and item.data["state"] == "firing" else None
            changes = {"pending": None, "held": held_back, "calls_at": again}
            context.store.commit([Update(item.path, changes, item.version)])
            _log.info("muted", alert=item.id, reason=verdict.reason)
    return [item for item in items if item.data["id"] not in verdicts]


def _claim(items: Sequence[Doc], how: Batching, reason: str, context: Context) -> Doc:
    """One digest, committed together with the items that leave the queue for it: from then on it never changes."""
    path = f"digests/{context.new_id()}"
    content = {**_message(items, how, context), "members": [item.id for item in items], "closed_by": reason}
    leaving = [Update(item.path, _told_by(path, item, how, context), item.version) for item in items]
    version = context.store.commit([Create(path, content), *leaving])[path]
    _log.info("digest_closed", digest=path, members=len(items), reason=reason)
    return Doc(path, content, version)


def _told_by(digest: str, item: Doc, how: Batching, context: Context) -> dict[str, object]:
    """What changes in an item. What still fires is named again once a day, while nobody does anything about it."""
    alert = item.data
    changes: dict[str, object] = {"pending": None, "digest": digest}
    if alert["kind"] != "alert":
        return changes
    unresolved = f"{how.queue}/{alert['first_seen']}" if alert["state"] == "firing" else None
    return {**changes, "unresolved": unresolved, "episodes": noted_in_episode(alert, listed=iso(context.now))}


def _message(items: Sequence[Doc], how: Batching, context: Context) -> dict[str, object]:
    config, now, looked = context.config, context.now, overview(how.queue, items, context)
    content = compose(
        [item.data for item in items], queue=how.queue, now=now, zone=config.timezone,
        runbook=lambda item: runbook_of(item, config) if item["kind"] == "alert" else "",
        leftovers=looked.leftovers, left=looked.left, notes=looked.notes,
    )  # fmt: skip
    made = intent(channel=how.channel, title=content["subject"], text="", severity="info", now=now)
    unsent = {} if is_wanted(how, context) else kept_unsent(now)
    return {**made, **unsent, "content": content, "overviews": looked.overviews}
