"""Finds what got stuck or is due, each minute: lost publishes, messages whose sender died, alerts and groups whose time
has come, heartbeats that were missed, digests. After a sweep without fault it tells the external checker that it lives.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from functions.sweeper.alert_timers import end_timers, escalate_due
from functions.sweeper.context import SweeperContext
from functions.sweeper.due_digests import close_due_batches
from functions.sweeper.due_reviews import announce_review
from functions.sweeper.health_alerts import SilentError, watch
from functions.sweeper.heartbeats import expect_all, miss_due
from shared.context import Context
from shared.errors import Conflict
from shared.events import Tick, iso
from shared.intake.webhook import read_again
from shared.ports import Doc, Update
from shared.services.intake.acceptance import announcement
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import due, retake
from shared.telemetry.logger import log as _log

LOST_AFTER = timedelta(minutes=1)
BATCH = 1000
"""Mended in one sweep: as many as fit well into the time that a push may take."""
PATIENCE = 3
"""Messages that a channel may refuse in one sweep before nothing more is tried over it."""


def sweep(message: Tick, context: SweeperContext) -> None:  # noqa: ARG001  (a tick says nothing but that it is time)
    """Each step is tried, whatever became of the ones before it. Raises what the first that failed raised."""
    steps: tuple[Callable[[SweeperContext], None], ...] = (
        _publish_lost, _send_stuck, end_timers, escalate_due, expect_all, miss_due, close_due_batches, announce_review,
        _report_counts, watch,
    )  # fmt: skip
    faults = [fault for step in steps if (fault := _fault_of(step, context))]
    if not faults and context.config.checker:
        context.call(context.config.checker.ping)
    for fault in faults:
        if not isinstance(fault, _NotMendedError | SilentError):
            raise fault


class _NotMendedError(Exception):
    """Some documents could not be mended: the others were, and another sweep now would not help."""


def _fault_of(step: Callable[[SweeperContext], None], context: SweeperContext) -> Exception | None:
    try:
        step(context)
    except Exception as fault:  # noqa: BLE001  (one step that fails must not keep the others from being done)
        if not isinstance(fault, _NotMendedError | SilentError):
            _log.exception("step_failed", step=step.__name__, error=type(fault).__name__)
        return fault
    return None


def _report_counts(context: SweeperContext) -> None:
    """What this process has counted: where all functions share one, nobody's counts wait for the next look-up."""
    context.indicators.report(context.now)
    context.usage.report(context.now)


def _publish_lost(context: Context) -> None:
    lost = context.store.query("events", where=[("state", "==", "accepted")], limit=BATCH)
    _each(lost, lambda doc: _republish_if_lost(doc, context))


def _send_stuck(context: OutboxContext) -> None:
    """Send what nobody is sending. A channel that takes nothing is left alone until the next sweep: each attempt may
    cost its timeout, and what goes over other channels must not wait for that.
    """
    refused = Counter[str]()

    def again(doc: Doc) -> None:
        channel = str(doc.data.get("channel"))
        if refused[channel] < PATIENCE and retake(doc, context) == "pending":
            refused[channel] += 1

    _each([doc for collection in ("outbox", "digests") for doc in due(collection, context, limit=BATCH)], again)


def _each(docs: Iterable[Doc], mend: Callable[[Doc], object]) -> None:
    """Mend every document: one that cannot be mended is logged, and must not keep the others waiting.

    Raises _NotMendedError in the end when there was one.
    """
    faults = 0
    for doc in list(docs):
        try:
            mend(doc)
        except Exception as fault:  # noqa: BLE001
            faults += 1
            _log.exception("not_mended", path=doc.path, error=type(fault).__name__)
    if faults:
        raise _NotMendedError


def _lost_at(doc: Doc) -> datetime:
    """When an event that is still not handled has to be published again: after one minute, then two, four, ..."""
    republished = doc.data["republished"]
    last = datetime.fromisoformat(republished["at"] or doc.data["received_at"])
    times: int = min(republished["count"], 6)
    return last + LOST_AFTER * (1 << times)


def _republish_if_lost(doc: Doc, context: Context) -> None:
    if context.now < _lost_at(doc):
        return
    again = {"republished.count": doc.data["republished"]["count"] + 1, "republished.at": iso(context.now)}
    try:
        version = context.store.commit([Update(doc.path, again, doc.version)])[doc.path]
    except Conflict:
        return  # It was handled, or another sweep published it, since we looked.
    event, signals = read_again(doc, context.config)
    context.bus.publish(announcement(event, signals, version=version))
    _log.warning("republished", event_id=doc.id)
