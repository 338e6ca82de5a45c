"""Decides what becomes of each signal of an event, stores the decision with its reason, and notifies."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from functions.alert_router.context import RouterContext
from functions.alert_router.logged_decisions import logged_decisions
from functions.alert_router.nameless import nameless
from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.changes import with_sender_changes
from shared.alerting.decision import Decision, decide, undecided, with_alert_ids
from shared.context import Context
from shared.digest.batch import announces
from shared.errors import AlreadyExists, Conflict
from shared.events import DigestDue, EventAccepted, Handled, Signal, as_handling, is_urgent, iso
from shared.ports import Doc, Update, Write, create_or_update
from shared.services.alerting.notification import group_writes, situation_now
from shared.services.alerting.pages import in_turn, send_pages
from shared.services.alerting.resolved_notices import endings, with_endings
from shared.services.digest.queue import batching, count_waiting
from shared.services.slo.context import MeasuredContext
from shared.telemetry.logger import log as _log

CONSUMER = "alert_router"
BATCH = 100
"""How many signals one commit decides: with their pages they stay far below the 500 writes that Firestore accepts."""
PORTIONS = 5
"""How many commits one delivery makes for signals that are not urgent: reading a large message costs as much as one."""
Summaries = Sequence[dict[str, str]]


def handle(message: EventAccepted, context: RouterContext) -> None:
    """Route one event, or the next portion of a large one, whose rest is published again: other messages go between.

    A redelivered message changes nothing: the commit of its effects marks the event, and says how far it got.
    """
    if len(message.signals) <= BATCH:
        _route(message, (), context)
        return
    path = f"events/{message.id}"
    event = context.store.get(path)
    if event is None:
        raise Conflict(path)
    _go_on(message, event, context)


def _route(message: EventAccepted, done: Summaries, context: RouterContext, portions: int = PORTIONS) -> None:
    """Route the next *portions* of *message*; *done* are the decisions on the signals that earlier commits handled."""
    waiting = undecided(message, done) if len(message.signals) > BATCH else with_alert_ids(message)
    rest = waiting[BATCH:]
    decisions, writes = _decide(waiting[:BATCH], rest, message, context)
    summaries = [*done, *(decision.summary() for decision in decisions)]
    mark = {f"handled.{_marker(message)}": {"at": iso(context.now), "decisions": summaries}}
    marked = Update(f"events/{message.id}", mark | ({} if rest else {"state": "handled"}), message.version)
    try:
        versions = context.store.commit([marked, *writes])
    except (Conflict, AlreadyExists) as conflict:
        _resume(message, conflict, context)
        return
    logged = list(logged_decisions(decisions, waiting, writes))
    _log.info("routed", event_id=message.id, source=message.source, decisions=logged)
    send_pages(writes, versions, context)
    _send_full_batches(decisions, context)
    if rest and portions > 1 and not _any_urgent(waiting):
        _route(_at(versions[marked.path], message), summaries, context, portions - 1)
    elif rest:
        context.bus.publish(message, later=not _any_urgent(rest))
    elif not message.nonce:
        _measure(message, context)


def _any_urgent(signals: Sequence[tuple[str, Signal]]) -> bool:
    return any(is_urgent(signal) for _, signal in signals)


def _at(version: str, message: EventAccepted) -> EventAccepted:
    return message.model_copy(update={"version": version})


def _marker(message: EventAccepted) -> str:
    return f"{CONSUMER}_{message.nonce}" if message.nonce else CONSUMER


def _measure(message: EventAccepted, context: MeasuredContext) -> None:
    """By now the effects are stored, and the messages have been handed to their channels."""
    took = (context.now - message.received_at).total_seconds() + context.elapsed_seconds
    context.indicators.accepted(message.source, message.received_at)
    for indicator in ("webhook_to_effect", "event_handled"):
        context.indicators.took(indicator, took, context.now)


def _decide(
    signals: Sequence[tuple[str, Signal]],
    rest: Sequence[tuple[str, Signal]],
    message: EventAccepted,
    context: Context,
) -> tuple[list[Decision], list[Write]]:
    """The decisions on *signals*, and the writes that carry them out. The *rest* of the message is decided later."""
    known = _known(signals, message, context)
    situation, world = situation_now(context)
    alerts = {id: as_alert(doc.data) for id, doc in known.items() if doc}
    decided = decide(signals, alerts, message, situation, rest)
    groups = [
        group_write
        for change in decided.judgement.group_changes()
        for group_write in group_writes(change, world, context)
    ]
    ended = endings(alerts, decided.alerts, context)
    changed, changes = with_sender_changes(alerts, decided.alerts, message.id, context.now)
    writes = [*_alert_writes(changed, known), *changes, *with_endings(groups, ended)]
    return decided.decisions, in_turn(writes, world)


def _known(signals: Sequence[tuple[str, Signal]], message: EventAccepted, context: Context) -> dict[str, Doc | None]:
    """The alerts' documents. A business event is an alert of its own, so only a replay finds its document."""
    named = {id for id, signal in signals if signal.kind == "alert" or message.nonce}
    return {id: context.store.get(f"alerts/{id}") if id in named else None for id, _ in signals}


def _alert_writes(alerts: Mapping[str, AlertDoc], known: Mapping[str, Doc | None]) -> Iterator[Write]:
    return (create_or_update(f"alerts/{id}", alert, known[id]) for id, alert in alerts.items())


def _resume(message: EventAccepted, conflict: Conflict | AlreadyExists, context: RouterContext) -> None:
    """The event was handled already, or changed: then route the rest of it against its present version.

    Raises *conflict* if it is about another document: the invocation then runs again.
    """
    path = f"events/{message.id}"
    event = context.store.get(path) if conflict.path == path else None
    if event is None or event.version == message.version:
        raise conflict
    _go_on(message, event, context)


def _go_on(message: EventAccepted, event: Doc, context: RouterContext) -> None:
    """Route the signals of *message* that no commit has handled before *event* was read."""
    mark = _mark(message, event)
    if mark and len(mark["decisions"]) == len(message.signals):
        _log.info("already_handled", event_id=message.id, marker=_marker(message))
        return
    known = nameless(message) if event.data.get("forgotten_at") else message
    _route(_at(event.version, known), mark["decisions"] if mark else (), context)


def _mark(message: EventAccepted, event: Doc) -> Handled | None:
    return as_handling(event.data)["handled"].get(_marker(message))


def _send_full_batches(decisions: list[Decision], context: RouterContext) -> None:
    queued = Counter(
        decision.alert["pending"]["queue"]
        for decision in decisions
        if decision.path == "digest" and decision.alert and decision.alert["pending"]
    )
    for queue, count in queued.items():
        size = batching(queue, context.config).size
        if size and _is_full(queue, count, size, context):
            context.bus.publish(DigestDue(queue=queue, reason="size"))


def _is_full(queue: str, count: int, size: int, context: RouterContext) -> bool:
    joined = context.tally.joined(queue, count, size=size)
    if joined is None:
        return False
    waiting = count_waiting(queue, context)
    context.tally.counted(queue, waiting, size=size)
    return announces(joined, waiting, size)
