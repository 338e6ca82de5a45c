"""The timers of alerting: alerts whose time has come, and groups that nobody has acknowledged.

Both are documents that say when they are due, so a sweep that dies or comes twice changes nothing: each step commits
against the version it was decided on, together with its page.
"""

from collections.abc import Sequence
from typing import Any

import structlog

from shared.acceptance import announce, keep, own_event
from shared.alerting.acts import wake
from shared.alerting.calls import Call, at_rest, is_calling, page_again, postponed
from shared.alerting.verdict import Told, interrupts, suppressed
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import Alert, iso
from shared.ports import Doc, Update, Write
from shared.telling import MEMBERS, Candidate, candidate, escalation_of, pages, send_pages, surroundings, tell

MOST = 5000
"""Alerts told in one sweep: a flood is to be one page."""
CHUNK = 400
"""Alerts written in one commit, below the 500 writes that Firestore is sure to take."""
ROUNDS = 3
_log = structlog.get_logger()


def tell_due(context: Context) -> None:
    """Tell of every alert whose wait, acknowledgement or snooze is over."""
    for _ in range(ROUNDS):
        due = list(context.store.query("alerts", where=_due("calls_at", context), order_by="calls_at", limit=MOST))
        if not due or not _tell(due, context):
            return


def _due(field: str, context: Context) -> list[Any]:
    return [(field, "<=", iso(context.now))]


def _tell(due: Sequence[Doc], context: Context) -> bool:
    """Whether another writer was quicker, so that it is worth another look."""
    docs, changes = {doc.id: doc for doc in due}, {doc.id: wake(doc.data) for doc in due}
    telling = tell([one.alert for one in changes.values() if one.effect == "tell" and one.alert], context)
    overtaken = False
    for group, members in _by_group(telling.told).items():
        updates: list[Write] = [_update(one, docs[one.alert["id"]]) for one in members]
        writes = telling.writes.get(group, [])
        overtaken |= not _commit([*writes, *updates[:CHUNK]], context)
        for start in range(CHUNK, len(updates), CHUNK):
            overtaken |= not _commit(updates[start : start + CHUNK], context)
    return overtaken


def _by_group(told: Sequence[Told]) -> dict[str, list[Told]]:
    groups: dict[str, list[Told]] = {}
    for one in told:
        groups.setdefault(one.alert["group"] or "", []).append(one)
    return groups


def _update(told: Told, doc: Doc) -> Update:
    _log.info("told", alert=doc.id, path=told.verdict.path, reason=told.verdict.reason)
    return Update(doc.path, told.alert, doc.version)


def _commit(writes: Sequence[Write], context: Context) -> bool:
    try:
        versions = context.store.commit(writes)
    except (Conflict, AlreadyExists) as conflict:
        _log.info("overtaken", path=conflict.path)
        return False
    send_pages(writes, versions, context)
    return True


def escalate_due(context: Context) -> None:
    """The next page of each group that nobody has acknowledged in time; of a flood of them so many a minute."""
    left = context.config.route.pages_per_minute
    for group in list(context.store.query("groups", where=_due("due_at", context), order_by="due_at", limit=MOST)):
        if left > 0:
            left -= _escalate(group, context)


def _escalate(group: Doc, context: Context) -> bool:
    """Whether *group* was told again."""
    members = list(context.store.query("alerts", where=[("group", "==", group.id)], limit=MEMBERS))
    calling = [candidate(doc.data, context.config) for doc in members if is_calling(doc.data)]
    calling = [(alert, taken) for alert, taken in calling if interrupts(alert, taken[-1].settings)]
    if not calling:
        _commit([Update(group.path, at_rest(group.data, context.now), group.version)], context)
        return False
    around = surroundings(calling, {group.id: group}, context)
    verdicts = [(one, suppressed(*one, around)) for one in calling]
    audible = [one for one, verdict in verdicts if verdict is None]
    if not audible:
        until = min(verdict.until for _, verdict in verdicts if verdict and verdict.until)
        _commit([Update(group.path, postponed(group.data, until), group.version)], context)
        return False
    return _page_again(group, audible, context)


def _page_again(group: Doc, calling: Sequence[Candidate], context: Context) -> bool:
    taken = calling[0][1]
    call = page_again(group.data, taken, escalation_of(taken, context.config), context.now)
    total = len(calling) if len(calling) < MEMBERS else context.store.count("alerts", where=[("group", "==", group.id)])
    alerts = [alert for alert, _ in calling]
    writes: list[Write] = [Update(group.path, call.group, group.version), *pages(call, alerts, total, context)]
    if call.step.wait:
        return _commit(writes, context)
    return _give_up([*writes], call, alerts[0], context)


def _give_up(writes: list[Write], call: Call, alert: dict[str, Any], context: Context) -> bool:
    """The last page, and a line for the digest that says so: an event of its own, kept in the same commit."""
    said = Alert(
        fingerprint=f"gave-up:{call.group['id']}",
        title=f"Nobody acknowledged: {alert['title']}",
        severity="warning",
        summary=f"opos told it {call.group['level']} times since {call.group['called_at']} and gave up.",
        link=alert["link"],
    )
    event = own_event(said, delivery_id=f"gave-up:{call.group['id']}:{call.group['called_at']}", context=context)
    kept = keep(event)
    try:
        versions = context.store.commit([*writes, kept])
    except (Conflict, AlreadyExists) as conflict:
        _log.info("overtaken", path=conflict.path)
        return False
    send_pages(writes, versions, context)
    announce(event, (said,), versions[kept.path], context)
    return True
