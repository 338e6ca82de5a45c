"""Sends the items that wait together: claims those of a batch, and sends one message whose content never changes."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from functions.digest_sender.claims import claims, without_muted
from functions.digest_sender.overview import overview, overviews_of
from functions.digest_sender.summary import send_summary
from shared.alerting.alert import as_alert
from shared.context import Context
from shared.digest.batch import MOST, Batch, Batching, due_batches
from shared.digest.content import compose
from shared.events import DigestDue, iso
from shared.ports import Create, Doc, Write
from shared.services.alerting.pages import runbook_of
from shared.services.alerting.quiet_hours import held
from shared.services.digest.ceiling import newest_digest, room
from shared.services.digest.queue import batching, waiting
from shared.services.digest.subscriptions import is_wanted, kept_unsent
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import intent, send
from shared.services.outbox.message import MessageDoc
from shared.telemetry.logger import log as _log


def handle(message: DigestDue, context: OutboxContext) -> None:
    """Close and send every due batch of a queue. Batches that another worker claims first are left to it.

    If more batches are due than the channel may get messages now, they are one summary; if it may get none, they wait
    for a tick.

    One invocation sends the items of one query, because a push request has a deadline, and publishes *message* again if
    there may be more. Raises Conflict if an item changed meanwhile; the invocation then runs again.
    """
    rules, newest = batching(message.queue, context.config), newest_digest(context)
    left = room(newest, rules, context)
    items = waiting(message.queue, context) if left else []
    if not items:
        return
    more, quiet = len(items) == MOST, held(_since(items[0]), context)
    items = without_muted(items, context)
    batches = list(due_batches([_since(item) for item in items], rules, quiet, context.now))
    more = more and sum(batch.count for batch in batches) == len(items)
    if len(batches) + more > left:
        send_summary(items, rules, overviews_of(newest), context)
    elif _send_all(batches, items, rules, newest, context) and more:
        context.bus.publish(message)


def _since(item: Doc) -> datetime:
    return datetime.fromisoformat(item.data["pending"]["since"])


def _send_all(
    batches: Sequence[Batch], items: Sequence[Doc], rules: Batching, newest: Doc | None, context: OutboxContext
) -> bool:
    """Whether all *batches* were sent. If the channel does not accept a digest, the later items keep waiting."""
    for batch in batches:
        newest = _claimed(items[: batch.count], rules, batch.reason, overviews_of(newest), context)
        if newest.data["state"] != "sent" and send(newest, context) == "pending":
            return False
        items = items[batch.count :]
    return True


def _claimed(
    items: Sequence[Doc], rules: Batching, reason: str, overviews: dict[str, str], context: OutboxContext
) -> Doc:
    """One digest, committed together with the items that leave the queue for it: from then on it never changes."""
    if not items:
        raise ValueError(f"expected items for a digest of the queue {rules.queue}, found none")
    path = f"digests/{context.new_id()}"
    message: MessageDoc = {
        **_message(items, rules, overviews, context), "members": [item.id for item in items], "closed_by": reason
    }  # fmt: skip
    writes: list[Write] = [Create(path, message), *claims(path, items, rules.queue, iso(context.now))]
    version = context.store.commit(writes)[path]
    _log.info("digest_closed", digest=path, members=len(items), reason=reason)
    return Doc(path, dict(message), version)


def _message(items: Sequence[Doc], rules: Batching, overviews: dict[str, str], context: Context) -> MessageDoc:
    config, now, today = context.config, context.now, overview(rules.queue, items, overviews, context)
    content = compose(
        [as_alert(item.data) for item in items], queue=rules.queue, now=now, zone=config.timezone,
        runbook=partial(runbook_of, config=config),
        leftovers=today.leftovers, still_open=today.still_open, notes=today.notes,
    )  # fmt: skip
    message = intent(channel=rules.channel, title=content["subject"], text="", severity="info", now=now)
    unsent = {} if is_wanted(rules, context) else kept_unsent(now)
    return {**message, **unsent, "content": content, "overviews": today.overviews}
