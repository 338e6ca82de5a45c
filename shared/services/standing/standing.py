"""How the bundle stands: what needs the operator now, what can wait, the next digests, and what holds notifications."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.alerting.attention import Headline, headline
from shared.alerting.focus import block_of, is_night
from shared.context import Context
from shared.digest.batch import MOST, first_batch
from shared.events import iso
from shared.ports import Doc
from shared.services.alerting.open_alerts import OpenAlerts, read_open_alerts
from shared.services.alerting.quiet_hours import held
from shared.services.alerting.world import focus_blocks
from shared.services.digest.queue import batching, count_waiting, longest_waiting, waiting
from shared.services.health.checks.pipeline import SWEEP
from shared.services.standing.waiting import Section, reported_by_opos, sections

_SILENCES = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """`alerts` are all that were read, in the order to act; `firing` are those of them that are firing and can wait.

    `sweep` is when the last sweep ran. If `is_silent`, it was so long ago that opos does not seem to be running.
    """

    headline: Headline
    alerts: OpenAlerts
    firing: list[Doc]
    waits: list[Section]
    digests: list[dict[str, Any]]
    focus: dict[str, Any] | None
    silences: list[Doc]
    sweep: str | None
    is_silent: bool

    @property
    def now(self) -> int:
        """How many things need the operator now."""
        return self.alerts.now + self.is_silent


def standing(context: Context, *, is_serving: bool = False) -> Standing:
    """Reads with bounds only: nothing here grows with the age of the bundle.

    A bundle that *is_serving* runs, also if it has just begun and has made no sweep yet.
    """
    alerts, config = read_open_alerts(context), context.config
    waits = sections(frozenset(doc.id for doc in alerts.docs), context)
    doubled = reported_by_opos(waits)
    urgent = {doc.id for doc in alerts.needing}
    firing = [doc for doc in alerts.docs if doc.data["state"] == "firing" and doc.id not in urgent]
    firing = [doc for doc in firing if doc.id not in doubled]
    unread = alerts.counts["firing"] - sum(doc.data["state"] == "firing" for doc in alerts.docs)
    sweep = context.store.get(SWEEP)
    at = sweep.data.get("at") if sweep else None
    is_silent = is_late(at, context) or (at is None and not is_serving)
    unread -= alerts.unread_critical or 0
    words = headline(
        alerts.now + is_silent, len(firing) + unread + sum(section.count for section in waits),
        acknowledged=alerts.counts["acknowledged"], snoozed=alerts.counts["snoozed"],
        is_whole=alerts.unread_critical is not None,
        is_night=is_night(config.focus, context.now, zone=config.timezone),
    )  # fmt: skip
    return Standing(
        words, alerts, firing, waits, list(_digests(context)), _focus(context), _silences(context), at, is_silent
    )


def is_late(at: str | None, context: Context) -> bool:
    """Whether the last sweep, *at* a stored time, was too long ago."""
    longest = context.config.health.thresholds.sweeper_silent
    return at is not None and context.now - datetime.fromisoformat(at) >= longest


def _digests(context: Context) -> Iterator[dict[str, Any]]:
    """The next digest of each queue that has items."""
    for first in longest_waiting(context):
        how = batching(first.data["pending"]["queue"], context.config)
        items = waiting(how.queue, context)
        since = [datetime.fromisoformat(item.data["pending"]["since"]) for item in items]
        batch = first_batch(since, how, held(since[0], context))
        count = len(items) if len(items) < MOST else count_waiting(how.queue, context)
        yield {"queue": how.queue, "channel": how.channel, "due_at": iso(batch.closes), "items": count}


def _focus(context: Context) -> dict[str, Any] | None:
    """The focus block that contains the present time, and when it ends."""
    config, now = context.config, context.now
    name = block_of(config.focus, focus_blocks(now, context.store), now, zone=config.timezone)
    ends = held(now, context)(now) if name else None
    return {"name": name, "ends_at": iso(ends) if ends else None} if name else None


def _silences(context: Context) -> list[Doc]:
    """The silences in force, the first to end first."""
    now = iso(context.now)
    docs = context.store.query("silences", where=[("ends_at", ">", now)], order_by="ends_at", limit=_SILENCES)
    return [doc for doc in docs if doc.data["starts_at"] <= now]
