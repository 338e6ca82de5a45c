"""Acknowledging, snoozing and resolving: one alert, or a whole group."""

from datetime import datetime, timedelta
from typing import Literal

from shared.alerting.actions import act
from shared.alerting.alert import as_alert, resolved
from shared.alerting.lifecycle import Change
from shared.alerting.routes import route
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import Conflict
from shared.ports import Doc, Update

Act = Literal["acknowledge", "snooze", "resolve"]
CHUNK = 400
"""How many alerts one commit writes, below the 500 writes that Firestore accepts."""
ROUNDS = 5


def act_on_alert(alert: Doc, what: Act, context: Context, *, by: str, until: datetime | None = None) -> Doc:
    """*alert* after the act. Acting twice changes nothing more. Raises Conflict if another writer was quicker."""
    change = _change(alert, what, context, by, until)
    if change.alert is None:
        return alert
    version = context.store.commit([Update(alert.path, change.alert, alert.version)])[alert.path]
    return Doc(alert.path, dict(change.alert), version)


def act_on_group(group: str, what: Act, context: Context, *, by: str, until: datetime | None = None) -> int:
    """How many alerts of *group* changed: all that have notified and are open."""
    docs, done = members(group, context), 0
    for _ in range(ROUNDS):
        changed = [(doc, _change(doc, what, context, by, until).alert) for doc in docs]
        updates = [Update(doc.path, alert, doc.version) for doc, alert in changed if alert is not None]
        chunks = [updates[start : start + CHUNK] for start in range(0, len(updates), CHUNK)]
        overtaken = {path for chunk in chunks for path in _commit(chunk, context)}
        done += len(updates) - len(overtaken)
        if not overtaken:
            break
        docs = [doc for doc in members(group, context) if doc.path in overtaken]
    return done


def members(group: str, context: Context) -> list[Doc]:
    """The open alerts of *group* that have notified."""
    docs = context.store.query("alerts", where=[("group", "==", group)])
    return [doc for doc in docs if doc.data["told_at"] and doc.data["state"] in OPEN]


def _commit(updates: list[Update], context: Context) -> set[str]:
    """Write *updates*. The paths of those that another writer was quicker with, which stay as they are."""
    overtaken: set[str] = set()
    while len(overtaken) < len(updates):
        try:
            context.store.commit([update for update in updates if update.path not in overtaken])
        except Conflict as conflict:
            overtaken.add(conflict.path)
        else:
            break
    return overtaken


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
    return route(context.config.routes, alert.data["labels"])[-1].settings.ack_timeout
