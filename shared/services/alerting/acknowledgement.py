"""Acknowledging, snoozing and resolving: one alert, or a whole group."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from shared.alerting import routes
from shared.alerting.actions import act
from shared.alerting.alert import as_alert, resolved
from shared.alerting.lifecycle import Change
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import Conflict
from shared.ports import Doc, Update

Act = Literal["acknowledge", "snooze", "resolve"]
CHUNK = 400
"""How many alerts one commit writes, below the 500 writes that Firestore accepts."""
ROUNDS = 5


def act_on_alert(alert: Doc, what: Act, context: Context, *, by: str, until: datetime | None = None) -> Doc:
    """*alert* after the act. Acting twice changes nothing more. Raises Conflict if another writer was faster."""
    change = _change(alert, what, context, by, until)
    if change.alert is None:
        return alert
    version = context.store.commit([Update(alert.path, change.alert, alert.version)])[alert.path]
    return Doc(alert.path, dict(change.alert), version)


def act_on_group(group: str, what: Act, context: Context, *, by: str, until: datetime | None = None) -> int:
    """The number of alerts of *group* that changed: all that have notified and are open."""
    return act_on_alerts(list(members(group, context)), what, context, by=by, until=until)[1]


def act_on_alerts(
    alerts: Sequence[Doc], what: Act, context: Context, *, by: str, until: datetime | None = None
) -> tuple[list[Doc], int]:
    """*alerts* after the act, and how many of them changed.

    If another writer was faster with an alert, the act applies to what that writer made of it, in the same episode.
    """
    after = {alert.path: alert for alert in alerts}
    remaining, changed = alerts, 0
    for _ in range(ROUNDS):
        changes = [(alert, _change(alert, what, context, by, until).alert) for alert in remaining]
        updates = [Update(alert.path, data, alert.version) for alert, data in changes if data is not None]
        written = [doc for start in range(0, len(updates), CHUNK) for doc in _commit(updates[start:][:CHUNK], context)]
        changed += len(written)
        after |= {doc.path: doc for doc in written}
        overtaken = {update.path for update in updates} - {doc.path for doc in written}
        if not overtaken:
            break
        remaining = [alert for path in sorted(overtaken) if (alert := _as_it_is(after.pop(path), context))]
        after |= {alert.path: alert for alert in remaining}
    return list(after.values()), changed


def _as_it_is(before: Doc, context: Context) -> Doc | None:
    """The alert *before* as another writer has left it; None if it has begun to fire anew."""
    alert = context.store.get(before.path)
    return alert if alert and alert.data["episode"] == before.data["episode"] else None


def members(group: str, context: Context) -> Iterator[Doc]:
    """The open alerts of *group* that have notified."""
    for alert in context.store.query("alerts", where=[("group", "==", group)]):
        if alert.data["told_at"] and alert.data["state"] in OPEN:
            yield alert


def _commit(updates: list[Update], context: Context) -> list[Doc]:
    """The documents that *updates* wrote; without those that another writer changed first, which stay as they are."""
    while updates:
        try:
            versions = context.store.commit(updates)
        except Conflict as conflict:
            updates = [update for update in updates if update.path != conflict.path]
        else:
            return [Doc(update.path, dict(update.data), versions[update.path]) for update in updates]
    return []


def _change(alert: Doc, what: Act, context: Context, by: str, until: datetime | None) -> Change:
    now, data = context.now, as_alert(alert.data)
    if what == "resolve":
        closed = resolved(data, now, by=by) if data["state"] in OPEN else None
        return Change(closed, "close", f"resolved by {by}")
    if what == "snooze" and until:
        return act(data, "is snoozed", by=by, now=now, until=until)
    return act(data, "is acknowledged", by=by, now=now, until=now + ack_timeout(alert, context))


def ack_timeout(alert: Doc, context: Context) -> timedelta:
    """How long an acknowledgement of *alert* lasts."""
    return routes.ack_timeout(routes.route(context.config.routes, alert.data["labels"]))
