"""Notifying the operator: the writes that carry a judgement out. For what has just arrived and for what was held."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.alerting.alert import as_alert
from shared.alerting.decision import GroupChange
from shared.alerting.hold_reasons import Verdict, suppressed
from shared.alerting.page_text import LISTED
from shared.alerting.routes import route
from shared.alerting.situation import Situation
from shared.context import Context
from shared.ports import Doc, Write, create_or_update
from shared.services.alerting.pages import pages
from shared.services.alerting.world import StoreWorld


def situation_now(context: Context) -> tuple[Situation, StoreWorld]:
    """The situation as the store knows it, and the world in it."""
    world = StoreWorld(context.store, context.now)
    return Situation(context.now, context.config, world), world


def group_writes(change: GroupChange | None, world: StoreWorld, context: Context) -> list[Write]:
    """The writes of a group's *change*: its document, and the messages of its page."""
    if change is None:
        return []
    path, known = f"groups/{change.group['id']}", world.groups.get(change.group["id"])
    if change.page is None:
        return [create_or_update(path, change.group, known)]
    alerts = [member.alert for member in change.members]
    named = {**change.group, "last_told": [alert["id"] for alert in alerts][:LISTED]}
    return [create_or_update(path, named, known), *pages(change.page, alerts, len(alerts), context)]


def suppressed_alerts(docs: Sequence[Doc], context: Context) -> dict[str, Verdict]:
    """The verdicts on those of *docs* that are silenced or inhibited, by the ids of their alerts."""
    situation, _ = situation_now(context)
    if not situation.silences and not situation.inhibitors:
        return {}
    verdicts = ((doc.id, _suppressed(doc.data, situation)) for doc in docs)
    return {id: verdict for id, verdict in verdicts if verdict}


def _suppressed(data: Mapping[str, Any], situation: Situation) -> Verdict | None:
    try:
        alert = as_alert(data)
        is_alert = alert["kind"] == "alert"
        return suppressed(alert, route(situation.rules.routes, alert["labels"]), situation) if is_alert else None
    except (KeyError, TypeError, AttributeError):
        return None  # an alert that cannot be read is sent, and keeps no other waiting
