"""Runs a sweep every minute, which retries stuck work and sends what is due.

After a sweep without errors it pings the dead man's switch.
"""

from collections.abc import Callable

from functions.sweeper.alert_timers import end_timers, escalate_due
from functions.sweeper.clock_steps import follow_clock
from functions.sweeper.context import SweeperContext
from functions.sweeper.due_announcements import announce_changes
from functions.sweeper.due_digests import close_due_batches
from functions.sweeper.due_reviews import announce_review
from functions.sweeper.earlier_documents import rewrite_earlier
from functions.sweeper.health_alerts import AlertsBlockedError, watch
from functions.sweeper.heartbeats import watch_heartbeats
from functions.sweeper.lost_events import publish_lost
from functions.sweeper.recovery import NotRecoveredError
from functions.sweeper.stuck_messages import send_stuck_digests, send_stuck_pages
from shared.events import Tick
from shared.telemetry.logger import log as _log


def sweep(message: Tick, context: SweeperContext) -> None:  # noqa: ARG001  (a tick has no content)
    """Run every step, first those that may notify, even if one before it has failed.

    Raises what the first unexpected failure raised.
    """
    steps: tuple[Callable[[SweeperContext], None], ...] = (
        follow_clock, end_timers, escalate_due, send_stuck_pages, publish_lost, watch_heartbeats,
        close_due_batches, announce_review, send_stuck_digests, announce_changes, _report_counts, watch,
        rewrite_earlier,
    )  # fmt: skip
    faults = [fault for step in steps if (fault := _fault_of(step, context))]
    if not faults and context.config.checker:
        context.call(context.config.checker.ping)
    for fault in faults:
        if not isinstance(fault, NotRecoveredError | AlertsBlockedError):
            raise fault


def _fault_of(step: Callable[[SweeperContext], None], context: SweeperContext) -> Exception | None:
    try:
        step(context)
    except Exception as fault:  # noqa: BLE001  (a step that fails must not stop the others)
        if not isinstance(fault, NotRecoveredError | AlertsBlockedError):
            _log.exception("step_failed", step=step.__name__, error=type(fault).__name__)
        return fault
    return None


def _report_counts(context: SweeperContext) -> None:
    """Store what this process has counted: if all functions share it, no counts wait for the next flag evaluation."""
    context.indicators.report(context.now)
    context.usage.report(context.now)
    context.rejections.report(context.now)
