"""The document of a heartbeat, when its next ping is due, and what a sweep changes in it.

The due time is derived from the last ping and the schedule of today's configuration, never carried over: a changed
schedule is in force with the next sweep (docs/adr/0041).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from shared.values.cron import next_moment
from shared.values.timestamps import iso

if TYPE_CHECKING:
    from shared.config.model import Heartbeat

EARLY = timedelta(minutes=1)
"""How long before a time of its cron line a ping still counts for that time: clocks of jobs run ahead."""
State = Literal["failing", "late", "running", "up", "new"]


class Beat(TypedDict):
    """A document in `heartbeats/`. Times are ISO 8601 in UTC."""

    name: str
    last_seen: str | None
    """The last ping that said success or failure."""
    since: str | None
    """The time from which the schedule counts: the last ping, or the sweep that first saw the heartbeat."""
    resumed_at: str | None
    """When opos was back after an outage in which the ping may have been lost: its grace counts from here."""
    due_at: str | None
    """When the next ping counts as missed; None while one is missed."""
    missed_at: str | None
    failed_at: str | None
    """The first failure since the last success."""
    runs: dict[str, str]
    """The start of each run that has not ended, by its run id; the empty id is that of a start without one."""
    ended: list[str]
    """The ids of the last runs that ended: a start that arrives after the end of its run starts nothing."""
    took: float | None
    """The seconds of the last run that ended."""
    pings: int
    recent: NotRequired[str]
    """The last outcomes, oldest first: `s` a success, `f` a failure, `m` a missed ping."""


RECENT = 30
"""How many outcomes `recent` holds."""


def new_beat(name: str) -> Beat:
    return {
        "name": name, "last_seen": None, "since": None, "resumed_at": None, "due_at": None, "missed_at": None,
        "failed_at": None, "runs": {}, "ended": [], "took": None, "pings": 0,
    }  # fmt: skip


def state(beat: Beat) -> State:
    """The state of a heartbeat in one word; the worst counts."""
    if beat["failed_at"]:
        return "failing"
    if beat["missed_at"]:
        return "late"
    return "running" if beat["runs"] else "up" if beat["last_seen"] else "new"


def due_at(heartbeat: "Heartbeat", beat: Beat, *, zone: str) -> datetime | None:
    """When a success counts as missed; None for a heartbeat without a schedule of which no run has started."""
    runs = (datetime.fromisoformat(began) + heartbeat.grace for began in beat["runs"].values())
    due = min((*_scheduled(heartbeat, beat, zone), *runs), default=None)
    if due is None or not beat["resumed_at"]:
        return due
    return max(due, datetime.fromisoformat(beat["resumed_at"]) + heartbeat.grace)


def with_due(beat: Beat, heartbeat: "Heartbeat", *, zone: str) -> Beat:
    """*beat* with the due time that follows from it."""
    due = None if beat["missed_at"] else due_at(heartbeat, beat, zone=zone)
    return {**beat, "due_at": iso(due) if due else None}


def swept(beat: Beat, heartbeat: "Heartbeat", *, now: datetime, zone: str) -> Beat:
    """*beat* after a sweep at *now*: late if its ping is overdue by today's schedule, and no longer if it is not."""
    since = beat["since"] or (iso(now) if heartbeat.every or heartbeat.cron else None)
    seen: Beat = {**beat, "since": since}
    due = due_at(heartbeat, seen, zone=zone)
    is_late = due is not None and due <= now
    missed_at = (beat["missed_at"] or iso(now)) if is_late else None
    if missed_at and not beat["missed_at"]:
        seen = with_outcome(seen, "m")
    return with_due({**seen, "missed_at": missed_at}, heartbeat, zone=zone)


def with_outcome(beat: Beat, outcome: Literal["s", "f", "m"]) -> Beat:
    """*beat* with *outcome* as its latest."""
    return {**beat, "recent": (beat.get("recent", "") + outcome)[-RECENT:]}


def resumed(beat: Beat, heartbeat: "Heartbeat", *, last_sweep: datetime, now: datetime, zone: str) -> Beat:
    """*beat* at the first sweep after an outage: a ping that was not overdue before it has its grace from now on.

    This happens once between two pings, so that a bundle that restarts again and again still notices a missed ping.
    """
    due = due_at(heartbeat, beat, zone=zone)
    was_in_time = due is not None and last_sweep < due < now + heartbeat.grace
    return {**beat, "resumed_at": iso(now)} if was_in_time and not beat["resumed_at"] else beat


def _scheduled(heartbeat: "Heartbeat", beat: Beat, zone: str) -> Iterator[datetime]:
    """The time by which the schedule wants a ping, if there is a schedule."""
    if not beat["since"]:
        return
    since = datetime.fromisoformat(beat["since"])
    if heartbeat.every:
        yield since + heartbeat.every + heartbeat.grace
    if heartbeat.cron:
        early = EARLY if beat["last_seen"] else timedelta()
        yield _moment_after(heartbeat.cron, since, early, heartbeat.timezone or zone) + heartbeat.grace


def _moment_after(cron: str, ping: datetime, early: timedelta, zone: str) -> datetime:
    """The time of *cron* that follows the one for which *ping* counts: of two near times, the nearer one."""
    following = next_moment(cron, ping, zone=zone)
    if following - ping > early:
        return following
    second = next_moment(cron, following, zone=zone)
    return second if following - ping <= (second - following) / 2 else following
