"""Sends the items that wait together: claims those of a batch, and sends one message whose content never changes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from functions.digest_sender.overview import overview
from shared.alerting.alert import Episode, as_alert, noted_in_episode
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
from shared.services.outbox.delivery import intent, send
from shared.services.outbox.message import MessageDoc, State
from shared.telemetry.logger import log as _log


def handle(message: DigestDue, context: OutboxContext) -> None:
    """Close and send every due batch of a queue. Batches that another worker claims first are left to it.

    One invocation sends the items of one query, because a push request has a deadline, and publishes *message* again if
    there may be more. Raises Conflict if an item changed meanwhile; the invocation then runs again.
    """
    rules, items = batching(message.queue, context.config), waiting(message.queue, context)
    if not items:
        return
    quiet = held(_since(items[0]), context)
    if _send_due(_without_muted(items, context), rules, quiet, context) and len(items) == MOST:
        context.bus.publish(message)


def _send_due(items: Sequence[Doc], rules: Batching, quiet: Held, context: OutboxContext) -> bool:
    """Whether every one of *items* was sent. If the channel does not accept a digest, the later items keep waiting."""
    while items:
        batch = first_batch([_since(item) for item in items], rules, quiet)
        if not batch.is_due(context.now, quiet):
            return False
        if _send(items[: batch.count], rules, batch.reason, context) == "pending":
            return False
        items = items[batch.count :]
    return True


def _since(item: Doc) -> datetime:
    return datetime.fromisoformat(item.data["pending"]["since"])


def _without_muted(items: list[Doc], context: Context) -> list[Doc]:
    """*items* without the silenced and inhibited ones: these leave the queue, and are judged again when that ends."""
    verdicts = suppressed_alerts(items, context)
    if not verdicts:
        return items
    for item in items:
        if verdict := verdicts.get(item.id):
            hold = {"by": verdict.by, "reason": verdict.reason, "since": iso(context.now)}
            due = iso(verdict.until) if verdict.until and item.data["state"] == "firing" else None
            context.store.commit([Update(item.path, {"pending": None, "held": hold, "calls_at": due}, item.version)])
            _log.info("muted", alert=item.id, reason=verdict.reason)
    return [item for item in items if item.id not in verdicts]


def _send(items: Sequence[Doc], rules: Batching, reason: str, context: OutboxContext) -> State:
    """One digest, committed together with the items that leave the queue for it: from then on it never changes."""
    path, now = f"digests/{context.new_id()}", iso(context.now)
    message: MessageDoc = {
        **_message(items, rules, context), "members": [item.id for item in items], "closed_by": reason
    }  # fmt: skip
    version = context.store.commit([Create(path, message), *_claims(path, items, rules, now)])[path]
    _log.info("digest_closed", digest=path, members=len(items), reason=reason)
    return "sent" if message["state"] == "sent" else send(Doc(path, dict(message), version), context)


def _claims(digest: str, items: Sequence[Doc], rules: Batching, now: str) -> Iterator[Update]:
    """What takes *items* out of the queue. Alerts that still fire stay marked for the overview of a later day."""
    for item in items:
        changes: dict[str, object] = {"pending": None, "digest": digest}
        if episodes := _listed_episodes(item, now):
            changes |= {"episodes": episodes, "unresolved": f"{rules.queue}/{item.data['first_seen']}"}
        yield Update(item.path, changes, item.version)


def _listed_episodes(item: Doc, now: str) -> list[Episode] | None:
    """The episodes of an alert that still fires, with the mark of this digest; None if *item* cannot be read."""
    if item.data.get("state") != "firing" or "first_seen" not in item.data:
        return None
    try:
        return noted_in_episode(as_alert(item.data), {"listed": now})
    except (KeyError, TypeError, AttributeError):
        return None


def _message(items: Sequence[Doc], rules: Batching, context: Context) -> MessageDoc:
    config, now, today = context.config, context.now, overview(rules.queue, items, context)
    content = compose(
        [as_alert(item.data) for item in items], queue=rules.queue, now=now, zone=config.timezone,
        runbook=partial(runbook_of, config=config),
        leftovers=today.leftovers, still_open=today.still_open, notes=today.notes,
    )  # fmt: skip
    message = intent(channel=rules.channel, title=content["subject"], text="", severity="info", now=now)
    unsent = {} if is_wanted(rules, context) else kept_unsent(now)
    return {**message, **unsent, "content": content, "overviews": today.overviews}
