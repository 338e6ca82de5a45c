"""Decides what becomes of each signal of an event, stores the decision with its reason, and notifies."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from functions.alert_router.context import RouterContext
from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.decision import Decision, decide, with_alert_ids
from shared.context import Context
from shared.digest.batch import announces
from shared.errors import AlreadyExists, Conflict
from shared.events import DigestDue, EventAccepted, Signal, as_handling, iso
from shared.ports import Doc, Update, Write, create_or_update
from shared.services.alerting.notification import group_writes, situation_now
from shared.services.alerting.pages import send_pages
from shared.services.digest.queue import batching, count_waiting
from shared.services.slo.context import MeasuredContext
from shared.telemetry.logger import log as _log

CONSUMER = "alert_router"
BATCH = 100
"""How many signals one commit decides: with their pages they stay far below the 500 writes that Firestore accepts."""
Summaries = Sequence[dict[str, str]]


def handle(message: EventAccepted, context: RouterContext, done: Summaries = ()) -> None:
    """Route one event. A redelivered message changes nothing: the commit of its effects marks the event.

    *done* are the decisions on the signals that an earlier commit handled.
    """
    marker = f"{CONSUMER}_{message.nonce}" if message.nonce else CONSUMER
    decisions, writes = _decide(with_alert_ids(message)[len(done) :][:BATCH], message, context)
    summaries = [*done, *(decision.summary() for decision in decisions)]
    whole = len(summaries) == len(message.signals)
    mark = {f"handled.{marker}": {"at": iso(context.now), "decisions": summaries}}
    marked = Update(f"events/{message.id}", mark | ({"state": "handled"} if whole else {}), message.version)
    try:
        versions = context.store.commit([marked, *writes])
    except (Conflict, AlreadyExists) as conflict:
        _resume(message, marker, conflict, context)
        return
    _log.info("routed", event_id=message.id, decisions=[decision.summary() for decision in decisions])
    send_pages(writes, versions, context)
    _send_full_batches(decisions, context)
    if not whole:
        handle(_at(versions[marked.path], message), context, summaries)
    elif not message.nonce:
        _measure(message, context)


def _measure(message: EventAccepted, context: MeasuredContext) -> None:
    """By now the effects are stored, and the messages have been handed to their channels."""
    took = (context.now - message.received_at).total_seconds() + context.elapsed_seconds
    for indicator in ("webhook_to_effect", "event_handled"):
        context.indicators.took(indicator, took, context.now)


def _decide(
    signals: Sequence[tuple[str, Signal]], message: EventAccepted, context: Context
) -> tuple[list[Decision], list[Write]]:
    """The decisions, and the writes that carry them out."""
    known = _known(signals, message, context)
    situation, world = situation_now(context)
    alerts = {id: as_alert(doc.data) for id, doc in known.items() if doc}
    decided = decide(signals, alerts, message, situation)
    groups = [
        group_write
        for change in decided.judgement.group_changes()
        for group_write in group_writes(change, world, context)
    ]
    return decided.decisions, [*_alert_writes(decided.alerts, known), *groups]


def _known(signals: Sequence[tuple[str, Signal]], message: EventAccepted, context: Context) -> dict[str, Doc | None]:
    """The alerts' documents. A business event is an alert of its own, so only a replay finds its document."""
    named = {id for id, signal in signals if signal.kind == "alert" or message.nonce}
    return {id: context.store.get(f"alerts/{id}") if id in named else None for id, _ in signals}


def _alert_writes(alerts: Mapping[str, AlertDoc], known: Mapping[str, Doc | None]) -> Iterator[Write]:
    return (create_or_update(f"alerts/{id}", alert, known[id]) for id, alert in alerts.items())


def _resume(message: EventAccepted, marker: str, conflict: Conflict | AlreadyExists, context: RouterContext) -> None:
    """The event was handled already, or changed: then route the rest of it against its present version.

    Raises *conflict* if it is about another document: the invocation then runs again.
    """
    path = f"events/{message.id}"
    event = context.store.get(path) if conflict.path == path else None
    if event is None:
        raise conflict
    handled = as_handling(event.data)["handled"].get(marker)
    done = handled["decisions"] if handled else []
    if handled and len(done) == len(message.signals):
        _log.info("already_handled", event_id=message.id, marker=marker)
        return
    if event.version == message.version:
        raise conflict
    handle(_at(event.version, message), context, done)


def _at(version: str, message: EventAccepted) -> EventAccepted:
    return message.model_copy(update={"version": version})


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
