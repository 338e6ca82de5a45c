"""Acknowledging, snoozing and resolving: one alert, or a whole group."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from shared.alerting import routes
from shared.alerting.actions import act
from shared.alerting.alert import AlertDoc, as_alert, resolved
from shared.alerting.changes import NOBODY, Kind, Person, change
from shared.alerting.lifecycle import Change
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.ports import Create, Doc, Update, Write
from shared.services.alerting.resolved_notices import endings, with_endings

Act = Literal["acknowledge", "snooze", "resolve"]
Acted = tuple[Doc, AlertDoc, Create]
"""An alert, what an act makes of it, and the record of who acted."""
CHUNK = 200
"""How many alerts one commit writes, each with its change: below the 500 writes that Firestore accepts."""
KINDS: dict[str, Kind] = {"acknowledged": "acknowledge", "snoozed": "snooze", "resolved": "resolve"}
"""The kind of a change, by the state that an act leads to."""
ROUNDS = 5


def act_on_alert(
    alert: Doc, what: Act, context: Context, *, by: str, person: Person = NOBODY, until: datetime | None = None
) -> Doc:
    """*alert* after the act. Acting twice changes nothing more. Raises Conflict if another writer was faster."""
    acted = _acted(alert, what, context, by, person, until)
    if acted is None:
        return alert
    versions = context.store.commit(_writes([acted], context))
    return Doc(alert.path, dict(acted[1]), versions[alert.path])


def act_on_group(
    group: str, what: Act, context: Context, *, by: str, person: Person = NOBODY, until: datetime | None = None
) -> int:
    """The number of alerts of *group* that changed: all that have notified and are open."""
    return act_on_alerts(list(members(group, context)), what, context, by=by, person=person, until=until)[1]


def act_on_alerts(
    alerts: Sequence[Doc], what: Act, context: Context, *, by: str, person: Person = NOBODY,
    until: datetime | None = None,
) -> tuple[list[Doc], int]:  # fmt: skip
    """*alerts* after the act, and how many of them changed.

    If another writer was faster with an alert, the act applies to what that writer made of it, in the same episode.
    """
    after = {alert.path: alert for alert in alerts}
    remaining, changed = alerts, 0
    for _ in range(ROUNDS):
        changes = (_acted(alert, what, context, by, person, until) for alert in remaining)
        acted = [change for change in changes if change]
        written = [doc for start in range(0, len(acted), CHUNK) for doc in _commit(acted[start:][:CHUNK], context)]
        changed += len(written)
        after |= {doc.path: doc for doc in written}
        overtaken = {alert.path for alert, *_ in acted} - {doc.path for doc in written}
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


def _commit(acted: Sequence[Acted], context: Context) -> list[Doc]:
    """The alerts after the act, as they were written; without those that another writer changed first.

    If another writer changed a group or a message first, the commit is tried again.
    """
    while acted:
        try:
            versions = context.store.commit(_writes(acted, context))
        except (Conflict, AlreadyExists) as conflict:
            acted = [change for change in acted if conflict.path not in {change[0].path, change[2].path}]
        else:
            return [Doc(alert.path, dict(data), versions[alert.path]) for alert, data, _ in acted]
    return []


def _writes(acted: Sequence[Acted], context: Context) -> list[Write]:
    """The writes of the alerts, and of the resolved notices that follow from them."""
    before = {alert.id: as_alert(alert.data) for alert, *_ in acted}
    after = {alert.id: data for alert, data, _ in acted}
    updates: list[Write] = [Update(alert.path, data, alert.version) for alert, data, _ in acted]
    return [*with_endings(updates, endings(before, after, context)), *(change for *_, change in acted)]


def _acted(
    alert: Doc, what: Act, context: Context, by: str, person: Person, until: datetime | None
) -> Acted | None:  # fmt: skip
    """What the act makes of *alert*; None if it changes nothing."""
    data = _change(alert, what, context, by, until).alert
    if data is None:
        return None
    kind = KINDS[data["state"]]
    return (alert, *change(data, kind, context.now, via=by, person=person, until=data["until"]))


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
