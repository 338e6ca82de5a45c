"""The checks of the pipeline: accepted events are handled, due messages are sent, and the sweeper runs."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.context import Context
from shared.events import iso
from shared.health.report import Result, compare
from shared.ports import Doc
from shared.ports.field_paths import field
from shared.services.alerting.quiet_hours import held
from shared.services.digest.queue import batching, longest_waiting
from shared.services.health.checks.backlogs import Backlog, backlogs
from shared.services.health.context import HealthContext
from shared.services.outbox.addressees import receiver_name
from shared.services.outbox.message import made_at

SAMPLE = 200
"""How many documents are searched for the oldest: in a larger backlog, each of them is old."""
FEW = 20
"""How many undelivered messages are read to name their receivers."""
MESSAGES = ("outbox", "digests")
SWEEP = "sweeps/last"
"""The document that the sweeper writes at each tick."""


def events_unhandled(context: Context) -> list[Result]:
    waiting = context.store.query("events", where=[("state", "==", "accepted")], limit=SAMPLE)
    return [
        compare(
            "events:oldestUnhandled", oldest(waiting, "received_at", context.now), "s", otherwise="fail",
            threshold=context.config.health.thresholds.event_unhandled.total_seconds(), failure="events-unhandled",
        )
    ]  # fmt: skip


def pages_unsent(context: Context) -> list[Result]:
    """The age of the oldest unsent messages, and how many have been due for so long that a sweep should have sent them.

    Unsent are those that wait for another attempt and those under the lease of a worker that has stopped.
    """
    threshold = context.config.health.thresholds.page_unsent
    seconds, latest = threshold.total_seconds(), iso(context.now - threshold)
    pages, digests = (_unsent(name, context) for name in MESSAGES)
    expired = sum(doc.data["due_at"] <= latest for doc in (*pages, *digests))
    old_page, old_digest = (_age(map(made_at, _no_notices(docs)), context.now) for docs in (pages, digests))
    return [
        compare("outbox:oldestUnsent", old_page, "s", threshold=seconds, failure="outbox-stuck", otherwise="fail"),
        compare("digests:oldestUnsent", old_digest, "s", threshold=seconds, failure="digest-late"),
        compare("leases:expired", expired, "items", threshold=1, failure="outbox-stuck", otherwise="fail"),
    ]


def _no_notices(docs: Iterable[Doc]) -> Iterator[dict[str, Any]]:
    """The messages without resolved notices, which may wait for long without being stuck."""
    return (doc.data for doc in docs if "resolves" not in doc.data)


def _unsent(collection: str, context: Context) -> list[Doc]:
    """The longest due first."""
    return list(context.store.query(collection, where=[("due_at", ">", "")], order_by="due_at", limit=SAMPLE))


def digests_late(context: Context) -> list[Result]:
    """By how much the digest that should have closed first is late; a digest that a focus block holds is not late."""
    late = max((_lateness(first, context) for first in longest_waiting(context)), default=timedelta())
    threshold = context.config.health.thresholds.digest_late
    return [
        compare(
            "digests:late", late.total_seconds(), "s", threshold=threshold.total_seconds(), failure="digest-late"
        )
    ]  # fmt: skip


def _lateness(first: Doc, context: Context) -> timedelta:
    since = datetime.fromisoformat(first.data["pending"]["since"])
    ends = batching(first.data["pending"]["queue"], context.config).ends(since)
    if held(since, context)(context.now):
        return timedelta()
    return max(context.now - ends, timedelta())


def attention(context: Context) -> list[Result]:
    """The backlogs that wait for the operator."""
    return [
        compare(
            backlog.name,
            count,
            "items",
            threshold=1,
            failure=backlog.failure,
            output=f"{_receivers(backlog, context) if count else ''}see the console",
        )
        for backlog, count in backlogs(context)
    ]


def _receivers(backlog: Backlog, context: Context) -> str:
    """The channels and addressees that do not have the messages of *backlog*; empty if it is not about messages."""
    if backlog.collection not in MESSAGES:
        return ""
    docs = context.store.query(backlog.collection, where=backlog.where, limit=FEW)
    return f"for {', '.join(dict.fromkeys(receiver_name(doc.data) for doc in docs))}; "


def sweeper_silent(context: HealthContext) -> list[Result]:
    """The time since the last sweep, or since the start of this process if there was none yet."""
    doc = context.store.get(SWEEP)
    age = abs((context.now - datetime.fromisoformat(doc.data["at"])).total_seconds()) if doc else context.uptime_seconds
    threshold = context.config.health.thresholds.sweeper_silent.total_seconds()
    return [compare("sweeper:lastRun", age, "s", threshold=threshold, failure="sweeper-stopped", otherwise="fail")]


def heartbeats_missed(context: Context) -> list[Result]:
    """How many of the configured heartbeats are late or failing."""
    declared = context.config.heartbeats
    docs = [doc for doc in context.store.query("heartbeats") if doc.id in declared]
    missed = sum(bool(doc.data.get("missed_at") or doc.data.get("failed_at")) for doc in docs)
    return [compare("heartbeats:missed", missed, "items", threshold=1, failure="heartbeat-missed")]


def secrets_due(context: Context) -> list[Result]:
    due = sum(day <= context.now.date() for day in context.config.rotate_by.values())
    return [compare("secrets:due", due, "items", threshold=1, failure="secret-due")]


def oldest(docs: Iterable[Doc], name: str, now: datetime) -> float:
    """Seconds since the oldest time in the field *name*."""
    return _age([field(doc.data, name) for doc in docs], now)


def _age(times: Iterable[str], now: datetime) -> float:
    """Seconds since the oldest of *times*."""
    return max(((now - datetime.fromisoformat(time)).total_seconds() for time in times), default=0.0)
