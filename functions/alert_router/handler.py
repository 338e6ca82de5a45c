"""Decides what becomes of each signal of an event, writes the decision down with its reason, and pages."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from functions.alert_router.context import RouterContext
from shared.alerting.decision import Decision, decide, hear_all, with_alert_ids
from shared.context import Context
from shared.digest.batch import announces
from shared.errors import AlreadyExists, Conflict
from shared.events import DigestDue, EventAccepted, Signal, iso
from shared.ports import Doc, Update, Write
from shared.services.alerting.notification import group_writes, tell, write
from shared.services.alerting.pages import send_pages
from shared.services.digest.queue import batching, count_waiting
from shared.services.slo.context import MeasuredContext
from shared.telemetry.logger import log as _log

CONSUMER = "alert_router"
BATCH = 100
"""Signals decided in one commit: with their pages they stay far below the 500 writes that Firestore is sure to take."""
Summaries = Sequence[dict[str, str]]


def handle(message: EventAccepted, context: RouterContext, done: Summaries = ()) -> None:
    """Route one event. A message that comes again changes nothing: its event is marked in the batch of its effects.

    *done* are the decisions of the signals that an earlier commit dealt with.
    """
    marker = f"{CONSUMER}_{message.nonce}" if message.nonce else CONSUMER
    decisions, writes = _decide(with_alert_ids(message)[len(done) :][:BATCH], message, context)
    summaries = [*done, *(one.summary() for one in decisions)]
    whole = len(summaries) == len(message.signals)
    mark = {f"handled.{marker}": {"at": iso(context.now), "decisions": summaries}}
    marked = Update(f"events/{message.id}", mark | ({"state": "handled"} if whole else {}), message.version)
    try:
        versions = context.store.commit([marked, *writes])
    except (Conflict, AlreadyExists) as conflict:
        _resume(message, marker, conflict, context)
        return
    _log.info("routed", event_id=message.id, decisions=[one.summary() for one in decisions])
    send_pages(writes, versions, context)
    _send_full_batches(decisions, context)
    if not whole:
        handle(_at(versions[marked.path], message), context, summaries)
    elif not message.nonce:
        _measure(message, context)


def _measure(message: EventAccepted, context: MeasuredContext) -> None:
    """By now its effects are written down, and its pages are on their way."""
    took = (context.now - message.received_at).total_seconds() + context.elapsed_seconds
    for indicator in ("webhook_to_effect", "event_handled"):
        context.indicators.took(indicator, took, context.now)


def _decide(
    signals: Sequence[tuple[str, Signal]], message: EventAccepted, context: Context
) -> tuple[list[Decision], list[Write]]:
    """The decisions, and the writes they need."""
    known, config = _known(signals, message, context), context.config
    hearing = hear_all(
        signals, {id: doc.data for id, doc in known.items() if doc}, message,
        routes=config.routes, inhibition=config.inhibition, now=context.now,
    )  # fmt: skip
    telling = tell(hearing.wanting, context)
    decisions = decide(hearing, telling.told, routes=config.routes, now=context.now)
    told = telling.by_group().items()
    groups = [one for id, members in told for one in group_writes(id, members, telling.groups, context)]
    return decisions, [*_alert_writes(decisions, known), *groups]


def _known(signals: Sequence[tuple[str, Signal]], message: EventAccepted, context: Context) -> dict[str, Doc | None]:
    """The alerts' documents. A business event is its own, so only a replay can have met it before."""
    named = {id for id, signal in signals if signal.kind == "alert" or message.nonce}
    return {id: context.store.get(f"alerts/{id}") if id in named else None for id, _ in signals}


def _alert_writes(decisions: list[Decision], known: Mapping[str, Doc | None]) -> Iterator[Write]:
    """One write an alert: as the last of its decisions left it."""
    for id, alert in {one.alert_id: one.alert for one in decisions if one.alert}.items():
        yield write(f"alerts/{id}", alert, known[id])


def _resume(message: EventAccepted, marker: str, conflict: Conflict | AlreadyExists, context: RouterContext) -> None:
    """Done already, or overtaken: then route what is left, against the version and the state of now.

    Raises *conflict* where it is about another document: the invocation is then run again.
    """
    path = f"events/{message.id}"
    event = context.store.get(path) if conflict.path == path else None
    if event is None:
        raise conflict
    done = event.data["handled"].get(marker, {}).get("decisions", [])
    if marker in event.data["handled"] and len(done) == len(message.signals):
        _log.info("already_handled", event_id=message.id, marker=marker)
        return
    if event.version == message.version:
        raise conflict
    handle(_at(event.version, message), context, done)


def _at(version: str, message: EventAccepted) -> EventAccepted:
    return message.model_copy(update={"version": version})


def _send_full_batches(decisions: list[Decision], context: RouterContext) -> None:
    queued = Counter(one.alert["pending"]["queue"] for one in decisions if one.path == "digest" and one.alert)
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
