"""What a person does about what calls: acknowledge, snooze, resolve; one alert, or a whole group with one tap."""

from datetime import datetime, timedelta
from typing import Literal

from shared.alerting.actions import act
from shared.alerting.alert import closed
from shared.alerting.lifecycle import Change
from shared.alerting.routes import route
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import Conflict
from shared.ports import Doc, Update

Act = Literal["acknowledge", "snooze", "resolve"]
CHUNK = 400
"""Alerts written in one commit, below the 500 writes that Firestore is sure to take."""
ROUNDS = 5


def act_on_alert(alert: Doc, what: Act, context: Context, *, by: str, until: datetime | None = None) -> Doc:
    """*alert* after it; doing it twice is doing it once. Raises Conflict where it was changed meanwhile."""
    change = _change(alert, what, context, by, until)
    if change.alert is None:
        return alert
    version = context.store.commit([Update(alert.path, change.alert, alert.version)])[alert.path]
    return Doc(alert.path, change.alert, version)


def act_on_group(group: str, what: Act, context: Context, *, by: str, until: datetime | None = None) -> int:
    """How many alerts it changed: all that were told of the group's, and are open."""
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
    """The open alerts of *group* that were told."""
    docs = context.store.query("alerts", where=[("group", "==", group)])
    return [doc for doc in docs if doc.data["told_at"] and doc.data["state"] in OPEN]


def _commit(updates: list[Update], context: Context) -> set[str]:
    """Write *updates*, but for those that another writer overtook: their paths."""
    overtaken: set[str] = set()
    while len(overtaken) < len(updates):
        try:
            context.store.commit([one for one in updates if one.path not in overtaken])
        except Conflict as conflict:
            overtaken.add(conflict.path)
        else:
            break
    return overtaken


def _change(alert: Doc, what: Act, context: Context, by: str, until: datetime | None) -> Change:
    now, data = context.now, alert.data
    if what == "resolve":
        over = closed(data, now, by=by) if data["state"] in OPEN else None
        return Change(over, "close", f"resolved by {by}")
    if what == "snooze" and until:
        return act(data, "is snoozed", by=by, now=now, until=until)
    return act(data, "is acknowledged", by=by, now=now, until=now + ack_timeout(alert, context))


def ack_timeout(alert: Doc, context: Context) -> timedelta:
    """How long an acknowledgement of *alert* holds."""
    return route(context.config.routes, alert.data["labels"])[-1].settings.ack_timeout
