"""What takes items out of the queue: a digest that claims them, or a silence or an inhibition."""

from collections.abc import Iterator, Sequence

from shared.alerting.alert import Episode, as_alert, noted_in_episode, with_hold
from shared.context import Context
from shared.events import iso
from shared.ports import Doc, Update
from shared.ports.terms import place
from shared.services.alerting.notification import suppressed_alerts
from shared.telemetry.logger import log as _log


def claims(digest: str, items: Sequence[Doc], queue: str, now: str) -> Iterator[Update]:
    """The writes by which *digest* takes *items* out of *queue*.

    Alerts that still fire stay marked for the overview of a later day.
    """
    for item in items:
        changes: dict[str, object] = {"pending": None, "digest": digest}
        if episodes := _listed_episodes(item, now):
            changes |= {"episodes": episodes, "unresolved": f"{queue}/{item.data['first_seen']}"}
        yield Update(item.path, changes, item.version)


def _listed_episodes(item: Doc, now: str) -> list[Episode] | None:
    """The episodes of an alert that still fires, with the mark of this digest; None if *item* cannot be read."""
    if item.data.get("state") != "firing" or "first_seen" not in item.data:
        return None
    try:
        return noted_in_episode(as_alert(item.data), {"listed": now})
    except (KeyError, TypeError, AttributeError):
        return None


def without_muted(items: list[Doc], context: Context) -> list[Doc]:
    """*items* without the silenced and inhibited ones: these leave the queue, and are judged again when that ends."""
    verdicts = suppressed_alerts(items, context)
    if not verdicts:
        return items
    for item in items:
        if verdict := verdicts.get(item.id):
            hold = {"by": verdict.by, "reason": verdict.reason, "since": iso(context.now)}
            due = iso(verdict.until) if verdict.until and item.data["state"] == "firing" else None
            episodes = with_hold(as_alert(item.data), verdict.by, verdict.reason, context.now)
            changes = {"pending": None, "held": hold, "calls_at": due, "episodes": episodes}
            moved = {"urgency": place({**item.data, **changes})}
            context.store.commit([Update(item.path, {**changes, **moved}, item.version)])
            _log.info("muted", alert=item.id, reason=verdict.reason)
    return [item for item in items if item.id not in verdicts]
