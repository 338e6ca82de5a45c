"""The timers of alerting: alerts whose time has come, and groups that nobody has acknowledged.

Both are documents that say when they are due, so a sweep that dies or comes twice changes nothing: each step commits
against the version it was decided on, together with its page.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.alerting.actions import wake
from shared.alerting.groups import Call, at_rest, is_calling, page_again, postponed
from shared.alerting.hold_reasons import audible, suppressed
from shared.alerting.verdict import Told, interrupts
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import BusinessEvent, Event, iso
from shared.ports import Doc, Update, Write
from shared.services.alerting.notification import (
    MEMBERS,
    Candidate,
    Telling,
    candidate,
    escalation_of,
    group_writes,
    surroundings,
    tell,
)
from shared.services.alerting.pages import NAMED, pages, send_pages
from shared.services.intake.acceptance import announce, keep, own_event
from shared.services.outbox.context import OutboxContext
from shared.telemetry.logger import log as _log

MOST = 5000
"""Alerts told in one sweep: a flood is to be one page."""
ROUNDS = 3
Said = tuple[Event, BusinessEvent]
"""Something that opos has to say itself, as an event."""


def tell_due(context: OutboxContext) -> None:
    """Tell of every alert whose wait, acknowledgement or snooze is over."""
    for _ in range(ROUNDS):
        due = list(context.store.query("alerts", where=_due("calls_at", context), order_by="calls_at", limit=MOST))
        if not due or not _tell(due, context):
            return


def _due(field: str, context: Context) -> list[Any]:
    return [(field, "<=", iso(context.now))]


def _tell(due: Sequence[Doc], context: OutboxContext) -> bool:
    """Whether another writer was quicker with some of them, so that it is worth another look."""
    docs, changes = {doc.id: doc for doc in due}, [wake(doc.data) for doc in due]
    telling = tell([one.alert for one in changes if one.effect == "tell" and one.alert], context)
    groups = telling.by_group().items()
    overtaken = [_tell_group(id, members, docs, telling, context) for id, members in groups]
    return any(overtaken)


def _tell_group(
    id: str, members: list[Told], docs: Mapping[str, Doc], telling: Telling, context: OutboxContext
) -> bool:
    """Tell of the *members* of one group. Whether another writer was quicker with it, or with one of them.

    The page goes with those that it names; the others are written down as told only when it is.
    """
    left, overtaken = members, False
    while left:
        writes = group_writes(id, left, telling.groups, context)
        path = _commit(writes, _updates(left[:NAMED], docs), context)
        if path is None:
            chunks = [left[start : start + NAMED] for start in range(NAMED, len(left), NAMED)]
            rest = [_write_down(chunk, docs, context) for chunk in chunks]
            return overtaken or any(rest)
        overtaken, left = True, _without(path, left, docs)
    return overtaken


def _write_down(members: list[Told], docs: Mapping[str, Doc], context: OutboxContext) -> bool:
    """Write down as told those that the page only counts. Whether some were overtaken: they are told once more."""
    left = members
    while left and (path := _commit([], _updates(left, docs), context)):
        left = _without(path, left, docs)
    return len(left) < len(members)


def _without(path: str, members: list[Told], docs: Mapping[str, Doc]) -> list[Told]:
    """*members* without the one that was overtaken; none of them where it was the group itself."""
    others = [one for one in members if docs[one.alert["id"]].path != path]
    return others if len(others) < len(members) else []


def _updates(members: Sequence[Told], docs: Mapping[str, Doc]) -> list[Update]:
    known = [(one, docs[one.alert["id"]]) for one in members]
    return [Update(doc.path, one.alert, doc.version) for one, doc in known]


def _commit(writes: Sequence[Write], updates: Sequence[Update], context: OutboxContext) -> str | None:
    """Write all of it, or nothing: then the path of the document that another writer was quicker with."""
    try:
        versions = context.store.commit([*writes, *updates])
    except (Conflict, AlreadyExists) as conflict:
        _log.info("overtaken", path=conflict.path)
        return conflict.path
    _log.info("told", alerts=len(updates))
    send_pages(writes, versions, context)
    return None


def escalate_due(context: OutboxContext) -> None:
    """The next page of each group that nobody has acknowledged in time; of a flood of them so many a minute."""
    left = context.config.route.pages_per_minute
    for group in list(context.store.query("groups", where=_due("due_at", context), order_by="due_at", limit=MOST)):
        if left > 0:
            left -= _escalate(group, context)


def _escalate(group: Doc, context: OutboxContext) -> bool:
    """Whether *group* was told again."""
    members = list(context.store.query("alerts", where=[("group", "==", group.id)], limit=MEMBERS))
    calling = [candidate(doc.data, context.config) for doc in members if is_calling(doc.data)]
    calling = [(alert, taken) for alert, taken in calling if interrupts(alert, taken[-1].settings)]
    if not calling:
        _step([Update(group.path, at_rest(group.data, context.now), group.version)], context)
        return False
    around = surroundings(calling, {group.id: group}, context)
    verdicts = [(one, suppressed(*one, around)) for one in calling]
    heard = [(alert, audible(taken, around)) for (alert, taken), verdict in verdicts if verdict is None]
    if not heard:
        until = min(verdict.until for _, verdict in verdicts if verdict and verdict.until)
        _step([Update(group.path, postponed(group.data, until), group.version)], context)
        return False
    return _page_again(group, heard, context)


def _page_again(group: Doc, calling: Sequence[Candidate], context: OutboxContext) -> bool:
    taken = calling[0][1]
    call = page_again(group.data, taken, escalation_of(taken, context.config), context.now)
    total = len(calling) if len(calling) < MEMBERS else context.store.count("alerts", where=[("group", "==", group.id)])
    alerts = [alert for alert, _ in calling]
    writes: list[Write] = [Update(group.path, call.group, group.version), *pages(call, alerts, total, context)]
    return _step(writes, context) if call.step.wait else _give_up(writes, call, alerts[0], context)


def _step(writes: Sequence[Write], context: OutboxContext, said: Said | None = None) -> bool:
    """Whether this step of a call is ours: a sweep that comes twice finds that it was done."""
    kept = [keep(said[0])] if said else []
    try:
        versions = context.store.commit([*writes, *kept])
    except (Conflict, AlreadyExists) as conflict:
        _log.info("overtaken", path=conflict.path)
        return False
    send_pages(writes, versions, context)
    if said:
        announce(said[0], (said[1],), versions[kept[0].path], context)
    return True


def _give_up(writes: Sequence[Write], call: Call, alert: dict[str, Any], context: OutboxContext) -> bool:
    """The last page, and a line for the digest that says so: an event of its own, kept in the same commit."""
    group = call.group
    said = BusinessEvent(
        title=f"Nobody acknowledged: {alert['title']}",
        summary=f"opos told it {group['level']} times since {group['called_at']} and gave up.",
        link=alert["link"],
    )
    event = own_event(said, "gave-up", delivery_id=f"gave-up:{group['id']}:{group['called_at']}", context=context)
    return _step(writes, context, (event, said))
