"""Sends what waits together: claims the items of a batch, and sends it as one message whose content never changes."""

from collections.abc import Sequence
from datetime import datetime

from functions.digest_sender.overview import overview
from shared.alerting.alert import as_alert, noted_in_episode
from shared.context import Context
from shared.digest.batch import MOST, Batching, Held, first_batch
from shared.digest.content import compose
from shared.events import DigestDue, iso
from shared.ports import Create, Doc, Update
from shared.services.alerting.notification import suppressed_alerts
from shared.services.alerting.pages import runbook_of
from shared.services.alerting.quiet_hours import held
from shared.services.digest.queue import batching, waiting
from shared.services.digest.subscriptions import is_wanted, kept_unsent
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import State, intent, send
from shared.telemetry.logger import log as _log


def handle(message: DigestDue, context: OutboxContext) -> None:
    """Close and send every batch of a queue that is due. What another worker claims first is left to it.

    One invocation sends what it reads at once, and says so where there may be more: a push may last only so long.
    Raises Conflict when an item changed meanwhile: the invocation is then run again, on what waits by then.
    """
    how, items = batching(message.queue, context.config), waiting(message.queue, context)
    if not items:
        return
    quiet = held(_since(items[0]), context)
    if _send_due(_without_muted(items, context), how, quiet, context) and len(items) == MOST:
        context.bus.publish(message)


def _send_due(items: Sequence[Doc], how: Batching, quiet: Held, context: OutboxContext) -> bool:
    """Whether every one of *items* was sent. While the channel takes nothing, those that are left go on waiting."""
    while items:
        batch = first_batch([_since(item) for item in items], how, quiet)
        if not batch.is_due(context.now, quiet):
            return False
        if _send(items[: batch.count], how, batch.reason, context) == "pending":
            return False
        items = items[batch.count :]
    return True


def _since(item: Doc) -> datetime:
    return datetime.fromisoformat(item.data["pending"]["since"])


def _without_muted(items: list[Doc], context: Context) -> list[Doc]:
    """*items* without those that are silenced or inhibited: they leave the queue, to be looked at again then."""
    verdicts = suppressed_alerts(items, context)
    for item in items:
        if verdict := verdicts.get(item.id):
            held_back = {"by": verdict.by, "reason": verdict.reason, "since": iso(context.now)}
            again = iso(verdict.until) if verdict.until and item.data["state"] == "firing" else None
            changes = {"pending": None, "held": held_back, "calls_at": again}
            context.store.commit([Update(item.path, changes, item.version)])
            _log.info("muted", alert=item.id, reason=verdict.reason)
    return [item for item in items if item.id not in verdicts]


def _send(items: Sequence[Doc], how: Batching, reason: str, context: OutboxContext) -> State:
    """One digest, committed together with the items that leave the queue for it: from then on it never changes."""
    path = f"digests/{context.new_id()}"
    content = {**_message(items, how, context), "members": [item.id for item in items], "closed_by": reason}
    leaving = [Update(item.path, _told_by(path, item, how, context), item.version) for item in items]
    version = context.store.commit([Create(path, content), *leaving])[path]
    _log.info("digest_closed", digest=path, members=len(items), reason=reason)
    return "sent" if content["state"] == "sent" else send(Doc(path, content, version), context)


def _told_by(digest: str, item: Doc, how: Batching, context: Context) -> dict[str, object]:
    """What changes in an item. What still fires is named again once a day, while nobody does anything about it."""
    changes: dict[str, object] = {"pending": None, "digest": digest}
    if item.data.get("state") != "firing" or "first_seen" not in item.data:
        return changes
    told = noted_in_episode(as_alert(item.data), {"listed": iso(context.now)})
    return {**changes, "episodes": told, "unresolved": f"{how.queue}/{item.data['first_seen']}"}


def _message(items: Sequence[Doc], how: Batching, context: Context) -> dict[str, object]:
    config, now, looked = context.config, context.now, overview(how.queue, items, context)
    content = compose(
        [item.data for item in items], queue=how.queue, now=now, zone=config.timezone,
        runbook=lambda item: runbook_of(as_alert(item), config),
        leftovers=looked.leftovers, left=looked.left, notes=looked.notes,
    )  # fmt: skip
    made = intent(channel=how.channel, title=content["subject"], text="", severity="info", now=now)
    unsent = {} if is_wanted(how, context) else kept_unsent(now)
    return {**made, **unsent, "content": content, "overviews": looked.overviews}
