"""Reasons to hold an alert that would notify you now, in the order in which they are checked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.alerting.alert import AlertDoc, HeldBy, flaps
from shared.alerting.groups import GroupDoc, group_of
from shared.alerting.routes import Node, Settings, storm_id
from shared.alerting.situation import Situation
from shared.alerting.time_intervals import until_false
from shared.events import iso

Outcome = Literal["page", "hold", "digest", "record"]
FLAPPING = 3
"""Earlier episodes within an hour that make an alert flap: below critical it then has to keep firing to notify you."""
STEADY = timedelta(minutes=10)
STALE = timedelta(minutes=5)
STORM_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`until` is when a held alert is judged again; `by` is what kept it from notifying."""

    path: Outcome
    reason: str
    by: HeldBy | None = None
    until: datetime | None = None


def _pause(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    pause = routes[-1].settings.auto_pause
    until = datetime.fromisoformat(alert["first_seen"]) + pause
    if not pause or situation.now >= until:
        return None
    return Verdict("hold", f"paused until {iso(until)}, in case it resolves on its own", "pause", until)


def flapping(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:  # noqa: ARG001
    times = flaps(alert, situation.now)
    steady = datetime.fromisoformat(alert["first_seen"]) + STEADY
    if alert["severity"] == "critical" or times < FLAPPING or situation.now >= steady:
        return None
    reason = f"flapping, {times} times in an hour: notifies at {iso(steady)} if it still fires"
    return Verdict("hold", reason, "flapping", steady)


def _interval(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:  # noqa: ARG001
    if reason := muted_by(routes, situation.now, situation):
        until = until_false(lambda time: bool(muted_by(routes, time, situation)), situation.now)
        return Verdict("hold", reason, "interval", until)
    return None


def muted_by(routes: tuple[Node, ...], time: datetime, situation: Situation) -> str:
    """Why the time intervals of *routes* mute them all at *time*; empty if a route is not muted."""
    reasons = [_mute_reason(node.settings, time, situation) for node in routes]
    return reasons[-1] if all(reasons) else ""


def not_muted(routes: tuple[Node, ...], situation: Situation) -> tuple[Node, ...]:
    """Those of *routes* that no time interval mutes now; all of them if each is muted."""
    return tuple(node for node in routes if not _mute_reason(node.settings, situation.now, situation)) or routes


def _mute_reason(settings: Settings, time: datetime, situation: Situation) -> str:
    if name := situation.time_interval(settings.mute_time_intervals, time):
        return f"muted during {name}"
    active = settings.active_time_intervals
    if active and not situation.time_interval(active, time):
        return f"muted outside {', '.join(active)}"
    return ""


def suppressed(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    """Why *alert* is silenced, or inhibited by another alert that fires, and until when; None if it is neither."""
    if silence := situation.silence(alert["labels"]):
        return Verdict("hold", silence.reason, "silence", silence.ends_at)
    if inhibitor := situation.inhibitor(alert):
        until = situation.now + routes[-1].settings.group_interval
        return Verdict("hold", f"inhibited by {inhibitor['title']}", "inhibition", until)
    return None


def muted(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    """Why *alert* must not notify again, though it has notified before: muted, silenced or inhibited since."""
    return _interval(alert, routes, situation) or suppressed(alert, routes, situation)


def _attention(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    """Whether the operator's attention is to be spared. A critical alert is never held for that."""
    severity = alert["severity"]
    if severity == "critical":
        return None
    if name := situation.focus_block():
        return Verdict("digest", f"{severity} during the focus block {name}: waits for the digest", "focus")
    if situation.is_over_budget(group_of(alert, routes)):
        budget = situation.rules.focus.budget
        used = f"today's {budget.interruptions_per_day if budget else 0} interruptions are used up"
        return Verdict("digest", f"{severity}, and {used}: waits for the digest", "budget")
    return None


def _group(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    """Whether the group of *alert* was notified just now, or waits for more alerts."""
    settings = routes[-1].settings
    group = situation.group(group_of(alert, routes), settings.group_interval)
    if group and group["paged_at"] and not _has_waited(alert, situation.now):
        next_page = datetime.fromisoformat(group["paged_at"]) + settings.group_interval
        if situation.now < next_page:
            reason = f"its group was notified at {group['paged_at']}: included in the next notification"
            return Verdict("hold", reason, "group", next_page)
    if not settings.group_wait or (group and group["due_at"]):
        return None
    flush = _flush(group, situation.now) or situation.now + settings.group_wait
    return Verdict("hold", "waits for other alerts of its group", "group", flush) if situation.now < flush else None


def _has_waited(alert: AlertDoc, now: datetime) -> bool:
    """Whether *alert* has waited for its group's interval: notifications about others in between do not extend it."""
    held = alert["held"]
    return bool(held and held["by"] == "group" and alert["calls_at"] and alert["calls_at"] <= iso(now))


def _flush(group: GroupDoc | None, now: datetime) -> datetime | None:
    """When the group's first page is due. A time long past is not: then nothing was left to notify about."""
    flush = datetime.fromisoformat(group["flush_at"]) if group and group["flush_at"] else None
    return flush if flush and now < flush + STALE else None


def _storm(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    if alert["group"] == storm_id(routes) or not situation.is_storm(group_of(alert, routes)):
        return None
    return Verdict(
        "hold", "too many notifications within a minute: grouped into one", "flood", situation.now + STORM_WAIT
    )


HoldReason = Callable[[AlertDoc, tuple[Node, ...], Situation], Verdict | None]
HOLD_REASONS: dict[str, HoldReason] = {
    "auto_pause": _pause, "flapping": flapping, "time intervals": _interval, "silences and inhibition": suppressed,
    "focus and budget": _attention, "group": _group, "storm": _storm,
}  # fmt: skip
"""The hold reasons by name, in the order in which they are checked."""
