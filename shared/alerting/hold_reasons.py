"""Reasons to hold an alert that would notify you now, in the order in which they are checked.

First each route that the alert matches checks its own reasons. The other reasons are the same for all routes that have
none, because they are about the alert, its group and you.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.alerting.alert import AlertDoc, HeldBy, flaps, rank
from shared.alerting.groups import GroupDoc, channels_now, group_of
from shared.alerting.interruption import after_hold, interrupted_places
from shared.alerting.places import courses_of
from shared.alerting.routes import Node, Settings, route, storm_id
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
    """`until` is when a held alert is judged again; `by` is what kept it from notifying.

    A route that `joins` begins its escalation without a page, because another one has just notified its channel.
    """

    path: Outcome
    reason: str
    by: HeldBy | None = None
    until: datetime | None = None
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The `routes` on which an alert would notify now, of all those that it has `matched`."""

    routes: tuple[Node, ...]
    matched: tuple[Node, ...]

    def group_of(self, alert: AlertDoc) -> str:
        """The id of the alert's group, which does not depend on what is ready."""
        return group_of(alert, self.matched)


def interrupts(alert: AlertDoc, settings: Settings) -> bool:
    """Whether an alert notifies on its route if no hold reason applies."""
    least = settings.interrupt_from
    return least != "never" and rank(alert["severity"]) >= rank(least)


def _told(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:  # noqa: ARG001
    return Verdict("record", f"has notified {node.settings.channel}") if node.key in alert["told_on"] else None


def _heard(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:
    """Whether another route has notified the channel of *node* already."""
    others = route(situation.rules.routes, alert["labels"]) if alert["told_on"] else ()
    channels = {other.settings.channel for other in others if other.key in alert["told_on"]}
    if node.settings.channel not in channels:
        return None
    return Verdict("record", f"another route has notified {node.settings.channel}", joins=True)


def _threshold(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:  # noqa: ARG001
    count, least = alert["count"], node.settings.failure_threshold
    if alert["severity"] == "critical" or count >= least:
        return None
    return Verdict("record", f"firing {count} of {least} before it counts")


def _severity(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:
    settings = node.settings
    if interrupts(alert, settings):
        return None
    if held := _flapping(alert, None, situation):
        return held
    reason = "its route never interrupts" if settings.interrupt_from == "never" else "waits for the digest"
    return Verdict("digest", f"{alert['severity']}, {reason}", "severity")


def _pause(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:
    pause = node.settings.auto_pause
    until = datetime.fromisoformat(alert["first_seen"]) + pause
    if not pause or situation.now >= until:
        return None
    return Verdict("hold", f"paused until {iso(until)}, in case it resolves on its own", "pause", until)


def _flapping(alert: AlertDoc, ready: Ready | None, situation: Situation) -> Verdict | None:  # noqa: ARG001
    times = flaps(alert, situation.now)
    steady = datetime.fromisoformat(alert["first_seen"]) + STEADY
    if alert["severity"] == "critical" or times < FLAPPING or situation.now >= steady:
        return None
    reason = f"flapping, {times} times in an hour: notifies at {iso(steady)} if it still fires"
    return Verdict("hold", reason, "flapping", steady)


def _muted(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:
    return muted(alert, node.settings, situation)


def muted(alert: AlertDoc, settings: Settings, situation: Situation) -> Verdict | None:  # noqa: ARG001
    """Whether the time intervals of a route mute it now, and until when."""
    if reason := _mute_reason(settings, situation.now, situation):
        until = until_false(lambda time: bool(_mute_reason(settings, time, situation)), situation.now)
        return Verdict("hold", reason, "interval", until)
    return None


def _mute_reason(settings: Settings, time: datetime, situation: Situation) -> str:
    if name := situation.time_interval(settings.mute_time_intervals, time):
        return f"muted during {name}"
    active = settings.active_time_intervals
    if active and not situation.time_interval(active, time):
        return f"muted outside {', '.join(active)}"
    return ""


def group_wait(routes: tuple[Node, ...]) -> timedelta:
    """How long the group of an alert waits: as long as the most impatient of the *routes* that would notify says."""
    return min(node.settings.group_wait for node in routes)


def group_interval(routes: tuple[Node, ...]) -> timedelta:
    """How long a group waits before a notification about alerts that joined."""
    return min(node.settings.group_interval for node in routes)


def suppressed(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict | None:
    """Why *alert* is silenced, or inhibited by another alert that fires, and until when; None if it is neither."""
    if silence := situation.silence(alert["labels"]):
        return Verdict("hold", silence.reason, "silence", silence.ends_at)
    if inhibitor := situation.inhibitor(alert):
        until = situation.now + group_interval(routes)
        return Verdict("hold", f"inhibited by {inhibitor['title']}", "inhibition", until)
    return None


def _suppressed(alert: AlertDoc, ready: Ready, situation: Situation) -> Verdict | None:
    return suppressed(alert, ready.routes, situation)


def _attention(alert: AlertDoc, ready: Ready, situation: Situation) -> Verdict | None:
    """Whether the operator's attention is to be spared. A critical alert is never held for that."""
    severity = alert["severity"]
    if severity == "critical":
        return None
    if name := situation.focus_block():
        return Verdict("digest", f"{severity} during the focus block {name}: waits for the digest", "focus")
    if situation.is_over_budget(ready.group_of(alert)):
        budget = situation.rules.focus.budget
        used = f"today's {budget.interruptions_per_day if budget else 0} interruptions are used up"
        return Verdict("digest", f"{severity}, and {used}: waits for the digest", "budget")
    return None


def _group(alert: AlertDoc, ready: Ready, situation: Situation) -> Verdict | None:
    """Whether the group of *alert* was notified just now, or waits for more alerts."""
    interval, wait = group_interval(ready.routes), group_wait(ready.routes)
    group = situation.group(ready.group_of(alert), interval)
    if group and group["paged_at"] and not _has_waited(alert, situation.now):
        next_page = datetime.fromisoformat(group["paged_at"]) + interval
        if situation.now < next_page:
            reason = f"its group was notified at {group['paged_at']}: included in the next notification"
            return Verdict("hold", reason, "group", next_page)
    if not wait or (group and group["due_at"]):
        return None
    flush = _flush(group, situation.now) or situation.now + wait
    return Verdict("hold", "waits for other alerts of its group", "group", flush) if situation.now < flush else None


def _has_waited(alert: AlertDoc, now: datetime) -> bool:
    """Whether *alert* has waited for its group's interval: notifications about others in between do not extend it."""
    held = alert["held"]
    return bool(held and held["by"] == "group" and alert["calls_at"] and alert["calls_at"] <= iso(now))


def _flush(group: GroupDoc | None, now: datetime) -> datetime | None:
    """When the group's first page is due. A time long past is not: then nothing was left to notify about."""
    flush = datetime.fromisoformat(group["flush_at"]) if group and group["flush_at"] else None
    return flush if flush and now < flush + STALE else None


def _storm(alert: AlertDoc, ready: Ready, situation: Situation) -> Verdict | None:
    messages = len(page_channels(alert, ready, situation))
    if alert["group"] == storm_id(ready.matched) or not situation.is_storm(ready.group_of(alert), messages):
        return None
    return Verdict(
        "hold", "too many notifications within a minute: grouped into one", "flood", situation.now + STORM_WAIT
    )


def page_channels(alert: AlertDoc, ready: Ready, situation: Situation) -> set[str]:
    """The channels of the page that *alert* makes on the routes that are *ready*, or has them join."""
    group = situation.group(ready.group_of(alert), group_interval(ready.routes))
    interrupted = interrupted_places([(alert, [node.key for node in ready.routes])])
    return channels_now(group, courses_of(ready.routes, situation.rules.escalations), interrupted)


def late_reason(alert: AlertDoc, routes: Iterable[Node], situation: Situation) -> str:
    """Why *routes* notify now, and not when *alert* notified on others: their pause, or the mute of one."""
    then = replace(situation, now=datetime.fromisoformat(alert["told_at"] or alert["first_seen"]))
    verdicts = (reason(alert, node, then) for node in routes for reason in (_pause, _muted))
    whys = (after_hold(verdict.by, verdict.reason) for verdict in verdicts if verdict)
    return next(whys, "Still firing. Another route has notified before.")


RouteReason = Callable[[AlertDoc, Node, Situation], Verdict | None]
ROUTE_REASONS: dict[str, RouteReason] = {
    "notified already": _told, "failure_threshold": _threshold, "severity": _severity, "auto_pause": _pause,
    "time intervals": _muted, "notified by another route": _heard,
}  # fmt: skip
"""What keeps one route from notifying, by name, in the order in which each route checks it."""
HoldReason = Callable[[AlertDoc, Ready, Situation], Verdict | None]
HOLD_REASONS: dict[str, HoldReason] = {
    "flapping": _flapping, "silences and inhibition": _suppressed, "focus and budget": _attention, "group": _group,
    "storm": _storm,
}  # fmt: skip
"""What holds an alert on all routes that would notify now, by name, in the order in which it is checked."""
