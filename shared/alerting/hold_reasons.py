"""What may keep an alert that is worth an interruption from being one, now: seven questions, asked in one order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.alerting.alert import flaps
from shared.alerting.focus import Focus, block_of
from shared.alerting.muting import Inhibition, Silence, silence_of
from shared.alerting.routes import Node, Settings, flood_id, group_id, route
from shared.alerting.time_intervals import TimeInterval, any_contains, until_false
from shared.events import iso

Path = Literal["page", "hold", "digest", "record"]
By = Literal["pause", "flapping", "interval", "silence", "inhibition", "group", "flood", "focus", "budget", "severity"]
FLAPPING = 3
"""Episodes within the hour before the present one; with so many a non-critical alert must hold on to be told."""
STEADY = timedelta(minutes=10)
STALE = timedelta(minutes=5)
FLOOD_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`until` is when a held alert is looked at again; `by` is what kept it from interrupting."""

    path: Path
    reason: str
    by: By | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Surroundings:
    """What an alert's verdict depends on besides itself: the rules, what is open, and how much was told already."""

    now: datetime
    zone: str
    intervals: Mapping[str, Sequence[TimeInterval]] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    inhibition: Inhibition = field(default_factory=lambda: Inhibition(()))
    inhibitors: Sequence[Mapping[str, Any]] = ()
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    focus: Focus = field(default_factory=Focus)
    one_off: Sequence[tuple[str, datetime, datetime]] = ()
    pages_left: int = 1
    interruptions_left: int | None = None


def group_of(alert: Mapping[str, Any], taken: tuple[Node, ...]) -> str:
    """The group that an alert is in: while it is open it stays in the one that it joined."""
    return alert["group"] or group_id(taken, alert["labels"])


def _paused(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:
    pause = taken[-1].settings.auto_pause
    until = datetime.fromisoformat(alert["first_seen"]) + pause
    if not pause or around.now >= until:
        return None
    return Verdict(
        "hold", f"paused until {iso(until)}: what resolves by itself before does not interrupt", "pause", until
    )


def flapping(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:  # noqa: ARG001
    times = flaps(alert, around.now)
    steady = datetime.fromisoformat(alert["first_seen"]) + STEADY
    if alert["severity"] == "critical" or times < FLAPPING or around.now >= steady:
        return None
    return Verdict(
        "hold", f"flapped {times} times within the hour: told when it holds until {iso(steady)}", "flapping", steady
    )


def _muted(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:  # noqa: ARG001
    if reason := muted_by(taken, around.now, around):
        until = until_false(lambda now: bool(muted_by(taken, now, around)), around.now)
        return Verdict("hold", reason, "interval", until)
    return None


def muted_by(taken: tuple[Node, ...], now: datetime, around: Surroundings) -> str:
    """Why the time intervals of the routes say that this is not the time; empty where one of them has no objection."""
    reasons = [_interval_objection(node.settings, now, around) for node in taken]
    return reasons[-1] if all(reasons) else ""


def audible(taken: tuple[Node, ...], around: Surroundings) -> tuple[Node, ...]:
    """Those of the routes *taken* that are not muted now."""
    return tuple(node for node in taken if not _interval_objection(node.settings, around.now, around)) or taken


def _interval_objection(settings: Settings, now: datetime, around: Surroundings) -> str:
    if name := any_contains(settings.mute_time_intervals, around.intervals, now, zone=around.zone):
        return f"muted during {name}"
    active = settings.active_time_intervals
    if active and not any_contains(active, around.intervals, now, zone=around.zone):
        return f"muted outside {', '.join(active)}"
    return ""


def _suppressed(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:
    """Silenced by the operator, or inhibited by another alert that fires."""
    labels = alert["labels"]
    if silence := silence_of(labels, around.silences, around.now):
        reason = f"silenced by {silence.author} until {iso(silence.ends_at)}: {silence.comment}"
        return Verdict("hold", reason, "silence", silence.ends_at)
    others = [one for one in around.inhibitors if one["id"] != alert["id"]]
    if inhibitor := around.inhibition.inhibitor(labels, others):
        until = around.now + taken[-1].settings.group_interval
        return Verdict("hold", f"inhibited by {inhibitor['title']}", "inhibition", until)
    return None


def silenced(alert: Mapping[str, Any], routes: Node, around: Surroundings) -> Verdict | None:
    """Why *alert* is silenced or inhibited, and until when; None where it is not."""
    return _suppressed(alert, route(routes, alert["labels"]), around)


def suppressed(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:
    """Why *alert* is not to be told now, though it was before: muted, silenced or inhibited since."""
    return _muted(alert, taken, around) or _suppressed(alert, taken, around)


def _unwelcome(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:  # noqa: ARG001
    """Whether attention is to be spared: nothing critical is ever kept back for that."""
    if alert["severity"] == "critical":
        return None
    if name := block_of(around.focus, around.one_off, around.now, zone=around.zone):
        return Verdict("digest", f"{alert['severity']} during the focus block {name}: waits for the digest", "focus")
    if around.interruptions_left is not None and around.interruptions_left <= 0:
        budget = around.focus.budget.interruptions_per_day if around.focus.budget else 0
        return Verdict(
            "digest", f"{alert['severity']} beyond the {budget} interruptions of today: waits for the digest", "budget"
        )
    return None


def _grouped(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:
    """Whether its group waits for more, or was told only just now."""
    settings, group = taken[-1].settings, around.groups.get(group_of(alert, taken)) or {}
    paged = datetime.fromisoformat(group["paged_at"]) if group.get("paged_at") else None
    next_page = paged + settings.group_interval if paged else None
    if next_page and around.now < next_page:
        return Verdict("hold", f"its group was told at {group['paged_at']}: told with the others", "group", next_page)
    if not settings.group_wait or group.get("due_at"):
        return None
    flush = _flush(group, around.now) or around.now + settings.group_wait
    return Verdict("hold", "waits for others of its group", "group", flush) if around.now < flush else None


def _flush(group: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the group's first page is due; one that was due long ago had nobody left to tell of."""
    flush = datetime.fromisoformat(group["flush_at"]) if group.get("flush_at") else None
    return flush if flush and now < flush + STALE else None


def _flooded(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict | None:
    if around.pages_left > 0 or alert["group"] == flood_id(taken):
        return None
    return Verdict("hold", "too many interrupt at once: told together", "flood", around.now + FLOOD_WAIT)


Test = Callable[[Mapping[str, Any], tuple[Node, ...], Surroundings], Verdict | None]
TESTS: dict[str, Test] = {
    "auto_pause": _paused, "flapping": flapping, "time intervals": _muted, "silences and inhibition": _suppressed,
    "focus and budget": _unwelcome, "group": _grouped, "flood": _flooded,
}  # fmt: skip
"""What may keep an alert from interrupting, in the order in which it is asked."""
