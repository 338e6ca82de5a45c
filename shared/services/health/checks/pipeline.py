"""The promises that are watched: what was accepted is handled, what is due is sent, who watches is watched."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.context import Context
from shared.events import iso
from shared.health.report import Finding, judged
from shared.ports import Doc
from shared.ports.field_paths import field
from shared.services.alerting.quiet_hours import held
from shared.services.digest.queue import batching, longest_waiting
from shared.services.flags.overrides import in_force
from shared.services.health.checks.backlogs import concerns
from shared.services.health.context import HealthContext

SAMPLE = 200
"""Documents in which the oldest is looked for: in a backlog that is larger, any of so many is old."""
SWEEP = "sweeps/last"
"""The document that the sweeper writes at each tick."""


def events_unhandled(context: Context) -> list[Finding]:
    waiting = context.store.query("events", where=[("state", "==", "accepted")], limit=SAMPLE)
    return [
        judged(
            "events:oldestUnhandled", _oldest(waiting, "received_at", context.now), "s", otherwise="fail",
            threshold=context.config.health.thresholds.event_unhandled.total_seconds(), failure="events-unhandled",
        )
    ]  # fmt: skip


def pages_unsent(context: Context) -> list[Finding]:
    """Both what waits for another attempt and what is under the lease of a worker that is gone; and what has been due
    for so long that a sweep should have taken it.
    """
    threshold = context.config.health.thresholds.page_unsent
    seconds, taken_by = threshold.total_seconds(), iso(context.now - threshold)
    pages, digests = (_unsent(one, context) for one in ("outbox", "digests"))
    expired = sum(doc.data["due_at"] <= taken_by for doc in (*pages, *digests))
    old_page, old_digest = (_oldest(docs, "created_at", context.now) for docs in (pages, digests))
    return [
        judged("outbox:oldestUnsent", old_page, "s", threshold=seconds, failure="outbox-stuck", otherwise="fail"),
        judged("digests:oldestUnsent", old_digest, "s", threshold=seconds, failure="digest-late"),
        judged("leases:expired", expired, "items", threshold=1, failure="outbox-stuck", otherwise="fail"),
    ]


def _unsent(collection: str, context: Context) -> list[Doc]:
    """The one that has been due the longest comes first."""
    return list(context.store.query(collection, where=[("due_at", ">", "")], order_by="due_at", limit=SAMPLE))


def digests_late(context: Context) -> list[Finding]:
    """By how long the digest that should have closed first is late; one that a focus block holds back is not."""
    late = max((_lateness(first, context) for first in longest_waiting(context)), default=timedelta())
    threshold = context.config.health.thresholds.digest_late
    return [
        judged(
            "digests:late", late.total_seconds(), "s", threshold=threshold.total_seconds(), failure="digest-late"
        )
    ]  # fmt: skip


def _lateness(first: Doc, context: Context) -> timedelta:
    since = datetime.fromisoformat(first.data["pending"]["since"])
    ends = batching(first.data["pending"]["queue"], context.config).ends(since)
    if held(since, context)(context.now):
        return timedelta()
    return max(context.now - ends, timedelta())


def attention(context: Context) -> list[Finding]:
    return [
        judged(one.name, count, "items", threshold=1, failure=one.failure, output="look at the console")
        for one, count in concerns(context)
    ]


def sweeper_silent(context: HealthContext) -> list[Finding]:
    """Since when nothing has swept; a store that was never swept is given time for its first."""
    doc = context.store.get(SWEEP)
    age = (context.now - datetime.fromisoformat(doc.data["at"])).total_seconds() if doc else context.uptime_seconds
    threshold = context.config.health.thresholds.sweeper_silent.total_seconds()
    return [judged("sweeper:lastRun", age, "s", threshold=threshold, failure="sweeper-stopped", otherwise="fail")]


def heartbeats_missed(context: Context) -> list[Finding]:
    declared = context.config.heartbeats
    docs = [doc for doc in context.store.query("heartbeats") if doc.id in declared]
    missed = sum(bool(doc.data.get("missed_at")) for doc in docs)
    return [judged("heartbeats:missed", missed, "items", threshold=1, failure="heartbeat-missed")]


def flags_overridden(context: Context) -> list[Finding]:
    """Somebody wanted them: how many is shown, and only one that lasts is a warning."""
    docs = in_force(context.store, context.now)
    threshold = context.config.health.thresholds.flag_overridden.total_seconds()
    oldest = _oldest(docs, "at", context.now)
    return [
        Finding("flags:overridden", "component", "pass", len(docs), "flags"),
        judged("flags:oldestOverride", oldest, "s", threshold=threshold, failure="flag-overridden"),
    ]


def secrets_due(context: Context) -> list[Finding]:
    due = sum(day <= context.now.date() for day in context.config.rotate_by.values())
    return [judged("secrets:due", due, "items", threshold=1, failure="secret-due")]


def _oldest(docs: Iterable[Doc], name: str, now: datetime) -> float:
    """Seconds since the oldest moment in the field *name*."""
    ages = [(now - datetime.fromisoformat(field(doc.data, name))).total_seconds() for doc in docs]
    return max(ages, default=0.0)
