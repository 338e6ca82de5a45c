"""The timers of alerting: holds, acknowledgements and snoozes that end, and groups that nobody has acknowledged.

Alerts and groups say when they are due. Each step commits against the version that it was decided on, together with its
page, so a sweep that dies or runs twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.alerting.actions import end_timer, hold
from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.decision import Judgement, judge_alerts, united
from shared.alerting.groups import GroupDoc, Page, as_group, idle, is_unanswered, page_again, place_of
from shared.alerting.hold_reasons import Verdict, interrupts, muted, suppressed
from shared.alerting.places import Courses, courses_of
from shared.alerting.routes import Node, route
from shared.alerting.situation import Situation
from shared.alerting.verdict import Judged
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import BusinessEvent, Event, iso
from shared.ports import Doc, Update, Write
from shared.services.alerting.notification import group_writes, situation_now
from shared.services.alerting.pages import NAMED, in_turn, is_message, pages, send_pages
from shared.services.alerting.world import MEMBERS, StoreWorld
from shared.services.intake.acceptance import announce, keep, own_event
from shared.services.outbox.context import OutboxContext
from shared.telemetry.logger import log as _log
from shared.values.local_time import local_time

MOST = 5000
"""How many alerts one sweep judges: a storm is to be one page."""
ROUNDS = 3
OwnEvent = tuple[Event, BusinessEvent]
"""Something that opos itself has to say, as an event."""


def end_timers(context: OutboxContext) -> None:
    """Judge every alert whose hold, acknowledgement or snooze has ended."""
    for _ in range(ROUNDS):
        due = list(context.store.query("alerts", where=_due("calls_at", context), order_by="calls_at", limit=MOST))
        if not due or not _judge(due, context):
            return


def _due(field: str, context: Context) -> list[Any]:
    return [(field, "<=", iso(context.now))]


def _judge(due: Sequence[Doc], context: OutboxContext) -> bool:
    """Whether another writer was quicker with some of *due*, so that it is worth another round."""
    docs, changes = {doc.id: doc for doc in due}, [end_timer(as_alert(doc.data)) for doc in due]
    alerts = [change.alert for change in changes if change.effect == "notify" and change.alert]
    situation, world = situation_now(context)
    judgement = judge_alerts(alerts, situation)
    overtaken = [
        _write_group(id, members, docs, judgement, world, context) for id, members in judgement.by_group().items()
    ]
    return any(overtaken)


def _write_group(
    id: str,
    members: list[Judged],
    docs: Mapping[str, Doc],
    judgement: Judgement,
    world: StoreWorld,
    context: OutboxContext,
) -> bool:
    """Carry out the verdicts on the *members* of a group. Whether another writer was quicker with one of them.

    The page commits with the alerts that it names; the others are written only after it.
    """
    left, overtaken = members, False
    while left:
        writes = in_turn(group_writes(judgement.group_change(id, left), world, context), world)
        path = _commit(writes, _updates(left[:NAMED], docs), context)
        if path is None:
            world.pages_committed += any(map(is_message, writes))
            chunks = [left[start : start + NAMED] for start in range(NAMED, len(left), NAMED)]
            rest = [_write_unnamed(chunk, docs, context) for chunk in chunks]
            return overtaken or any(rest)
        overtaken, left = True, _without(path, left, docs)
    return overtaken


def _write_unnamed(members: list[Judged], docs: Mapping[str, Doc], context: OutboxContext) -> bool:
    """Write the alerts that the page only counts. Whether some were overtaken: they notify once more."""
    left = members
    while left and (path := _commit([], _updates(left, docs), context)):
        left = _without(path, left, docs)
    return len(left) < len(members)


def _without(path: str, members: list[Judged], docs: Mapping[str, Doc]) -> list[Judged]:
    """*members* without the alert at *path*; none of them if *path* is the group itself."""
    others = [member for member in members if docs[member.alert["id"]].path != path]
    return others if len(others) < len(members) else []


def _updates(members: Sequence[Judged], docs: Mapping[str, Doc]) -> list[Update]:
    known = [(member.alert, docs[member.alert["id"]]) for member in members]
    return [Update(doc.path, alert, doc.version) for alert, doc in known]


def _commit(writes: Sequence[Write], updates: Sequence[Update], context: OutboxContext) -> str | None:
    """Write everything, or nothing: then the path of the document that another writer was quicker with."""
    try:
        versions = context.store.commit([*writes, *updates])
    except (Conflict, AlreadyExists) as conflict:
        _log.info("overtaken", path=conflict.path)
        return conflict.path
    _log.info("told", alerts=len(updates))
    send_pages(writes, versions, context)
    return None


def escalate_due(context: OutboxContext) -> None:
    """The next page of each group that nobody has acknowledged in time; in a storm only so many a minute."""
    left = context.config.route.pages_per_minute
    for group in list(context.store.query("groups", where=_due("due_at", context), order_by="due_at", limit=MOST)):
        if left > 0:
            left -= _escalate(group, context)


def _escalate(doc: Doc, context: OutboxContext) -> bool:
    """Whether the group *doc* notified again. Its alerts that are muted wait on their own, and put off no other."""
    group, (situation, world) = as_group(doc.data), situation_now(context)
    unanswered = _unanswered(doc.id, context)
    routed = [
        (alert, node, _mute(as_alert(alert.data), node, situation)) for alert, routes in unanswered for node in routes
    ]
    leaving, courses = _leaving(routed), _courses(routed, context)
    holds = [_held(alert, mute, _places(group, alert.id, routed, courses), context) for alert, mute in leaving.values()]
    if not all(_step(holds[start:][:NAMED], context) for start in range(0, len(holds), NAMED)):
        return False
    staying = [(alert, node, mute) for alert, node, mute in routed if alert.id not in leaving]
    if not staying:
        _step([Update(doc.path, idle(group, context.now), doc.version)], context)
        return False
    changed, page = page_again(group, _courses(staying, context), _mutes(staying, context), context.now)
    if page is None:
        _step([Update(doc.path, changed, doc.version)], context)
        return False
    audible = {alert.id: as_alert(alert.data) for alert, _, mute in staying if mute is None}
    return _page_again(doc, page, list(audible.values()), world, context)


Routed = Sequence[tuple[Doc, Node, Verdict | None]]
"""Alerts with each of their routes, and the mute of the alert on this route."""


def _courses(routed: Routed, context: Context) -> Courses:
    return courses_of(united([node] for _, node, _ in routed), context.config.escalations)


def _places(group: GroupDoc, alert: str, routed: Routed, courses: Courses) -> dict[str, float]:
    """The place that *group* has reached on each route of an *alert*, in seconds."""
    keys = [node.key for doc, node, _ in routed if doc.id == alert]
    return {key: place_of(group, key, courses)["reached"] for key in keys}


def _mutes(routed: Routed, context: Context) -> dict[str, datetime]:
    """The routes that are muted for all their alerts, and when the first of these mutes ends."""
    audible = {node.key for _, node, mute in routed if mute is None}
    ends: dict[str, list[datetime]] = {}
    for _, node, mute in routed:
        if mute and node.key not in audible:
            ends.setdefault(node.key, []).append(mute.until or context.now)
    return {key: min(times) for key, times in ends.items()}


def _leaving(routed: Routed) -> dict[str, tuple[Doc, Verdict]]:
    """The alerts that are muted on each of their routes, with the mute that ends first."""
    mutes: dict[str, list[tuple[Doc, Verdict | None]]] = {}
    for alert, _, mute in routed:
        mutes.setdefault(alert.id, []).append((alert, mute))
    muted_ones = {id: [(alert, mute) for alert, mute in pairs if mute] for id, pairs in mutes.items()}
    return {id: min(pairs, key=_ends) for id, pairs in muted_ones.items() if len(pairs) == len(mutes[id])}


def _ends(pair: tuple[Doc, Verdict]) -> str:
    return iso(pair[1].until) if pair[1].until else ""


def _held(alert: Doc, verdict: Verdict, reached: dict[str, float], context: Context) -> Update:
    return Update(alert.path, hold(as_alert(alert.data), verdict, reached, context.now), alert.version)


def _mute(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:
    """Why *alert*, which has notified before, does not notify on a route any more: muted, silenced or inhibited."""
    return muted(alert, node.settings, situation) or suppressed(alert, (node,), situation)


def _unanswered(group: str, context: Context) -> list[tuple[Doc, tuple[Node, ...]]]:
    """The alerts of *group* that wait for an answer, each with the routes that have notified and would do so again."""
    docs = context.store.query("alerts", where=[("group", "==", group)], limit=MEMBERS)
    alerts = [doc for doc in list(docs) if is_unanswered(as_alert(doc.data))]
    routed = [(doc, _notified(as_alert(doc.data), route(context.config.routes, doc.data["labels"]))) for doc in alerts]
    return [(doc, routes) for doc, routes in routed if routes]


def _notified(alert: AlertDoc, routes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Those of *routes* on which *alert* has notified; if these have changed since then, all that would."""
    able = tuple(node for node in routes if interrupts(alert, node.settings))
    return tuple(node for node in able if node.key in alert["told_on"]) or able


def _page_again(doc: Doc, page: Page, alerts: Sequence[AlertDoc], world: StoreWorld, context: OutboxContext) -> bool:
    members = len(alerts)
    total = members if members < MEMBERS else context.store.count("alerts", where=[("group", "==", doc.id)])
    writes = in_turn([Update(doc.path, page.group, doc.version), *pages(page, alerts, total, context)], world)
    return _step(writes, context) if not page.step.is_last else _end_escalation(writes, page, alerts[0], context)


def _step(writes: Sequence[Write], context: OutboxContext, own: OwnEvent | None = None) -> bool:
    """Whether this sweep took this step of an escalation: a sweep that runs twice finds it taken."""
    kept = [keep(own[0], (own[1],))] if own else []
    try:
        versions = context.store.commit([*writes, *kept])
    except (Conflict, AlreadyExists) as conflict:
        _log.info("overtaken", path=conflict.path)
        return False
    send_pages(writes, versions, context)
    if own:
        announce(own[0], (own[1],), versions[kept[0].path], context)
    return True


def _end_escalation(writes: Sequence[Write], page: Page, alert: AlertDoc, context: OutboxContext) -> bool:
    """The last page, and a line for the digest that says so: an event of its own, in the same commit."""
    group = page.group
    since = local_time(group["called_at"] or iso(context.now), ZoneInfo(context.config.timezone), context.now)
    own = BusinessEvent(
        title=f"Nobody acknowledged: {alert['title']}",
        summary=f"opos notified you {group['level']} times since {since}, then the escalation ended.",
        link=alert["link"],
    )
    event = own_event(own, "gave-up", delivery_id=f"gave-up:{group['id']}:{group['called_at']}", context=context)
    return _step(writes, context, (event, own))
