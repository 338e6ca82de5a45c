"""What takes items out of the queue: a digest that claims them, or a silence or an inhibition."""

from collections.abc import Iterator, Sequence

from shared.alerting.alert import as_alert, noted_in_episode
from shared.context import Context
from shared.events import iso
from shared.ports import Doc, Update
from shared.services.alerting.notification import suppressed_alerts
from shared.telemetry.logger import log as _log


def claims(digest: str, items: Sequence[Doc], queue: str, now: str) -> Iterator[Update]:
    """The writes by which *digest* takes *items* out of *queue*.

    Alerts that still fire stay marked for the overview of a later day.
    """
    firing = [item for item in items if item.data.get("state") == "firing" and "first_seen" in item.data]
    listed = {item.path: noted_in_episode(as_alert(item.data), {"listed": now}) for item in firing}
    for item in items:
        changes: dict[str, object] = {"pending": None, "digest": digest}
        if episodes := listed.get(item.path):
            changes |= {"episodes": episodes, "unresolved": f"{queue}/{item.data['first_seen']}"}
        yield Update(item.path, changes, item.version)


def without_muted(items: list[Doc], context: Context) -> list[Doc]:
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
