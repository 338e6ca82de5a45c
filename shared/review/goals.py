"""What a week says about the goals of the operator: how fast alerts are acknowledged and resolved, and their time.

A goal is met only if the figures show it: an alert that still fires counts as one that may take forever, and no data is
no success.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from statistics import median
from typing import Literal, NamedTuple, TypedDict

from shared.events import iso
from shared.review.history import WEEK, History

Verdict = Literal["met", "not met", "no data", ""]
"""Empty if there is no goal."""
RECOVER, DEBUG, A_MONTH = timedelta(minutes=5), timedelta(minutes=12), timedelta(hours=2)
"""The goals: from fired to resolved, from acknowledged to resolved, and of the operator's time in a month."""
READ, ACT, DIGEST, REVIEW = (timedelta(minutes=minutes) for minutes in (1, 2, 2, 5))
"""The estimates: to read a notification, to act on alerts, to read a digest, to read the weekly review."""
LONGEST_WORK = timedelta(minutes=30)
"""The most that counts as work on an alert, from its acknowledgement on: an alert may stay open overnight."""
MONTHS = timedelta(days=365.25 / 12) / WEEK
"""How many weeks a month has."""
Episode = Mapping[str, str]
Interval = tuple[datetime, datetime]


class Measure(TypedDict):
    """Times in seconds, over `count` alerts, of which `open` have not ended: their times are those so far.

    `others` are alerts to which the time does not apply; of `unmeasured` ones, the clock was set back meanwhile.
    """

    name: str
    count: int
    open: int
    others: int
    unmeasured: int
    median: float | None
    slowest: float | None
    goal: float | None
    verdict: Verdict


class Part(TypedDict):
    """A part of the time in the week, in minutes: `count` times `each`. `each` is None for what was measured."""

    what: str
    count: int
    each: float | None
    minutes: float


class Goals(TypedDict):
    """`minutes_a_month` is what a month of such weeks takes of the operator's time; None without data."""

    measures: list[Measure]
    parts: list[Part]
    minutes_a_month: float | None
    minutes_goal: float
    minutes_verdict: Verdict


class _Time(NamedTuple):
    """The seconds of an alert, so far if it `is_open`."""

    seconds: float
    is_open: bool


def goals(history: History) -> Goals:
    episodes = list(_of_the_week(history))
    measures = [
        _measure("Fired to acknowledged", _waits(episodes, history), None, others=_unanswered(episodes)),
        _measure("Fired to resolved", _outages(episodes, history), RECOVER),
        _measure("Acknowledged to resolved", _work_times(episodes, history), DEBUG),
    ]
    parts = _parts(episodes, history)
    month = sum(part["minutes"] for part in parts) * MONTHS if _has_data(history) else None
    return {
        "measures": measures, "parts": parts, "minutes_a_month": None if month is None else round(month, 1),
        "minutes_goal": A_MONTH / timedelta(minutes=1), "minutes_verdict": _of_minutes(month, history),
    }  # fmt: skip


def _has_data(history: History) -> bool:
    return bool(history.events or history.pages or history.digests)


def _of_minutes(month: float | None, history: History) -> Verdict:
    if month is None:
        return "no data"
    if month > A_MONTH / timedelta(minutes=1):
        return "not met"
    return "no data" if history.unread else "met"  # with those unread, it may be more


def _of_the_week(history: History) -> Iterator[Episode]:
    """The episodes that have notified, and were open at some time of the week."""
    since, until = iso(history.since), iso(history.until)
    for alert in history.alerts.values():
        for episode in alert["episodes"]:
            if episode.get("told") and episode.get("began", until) < until and _ends(episode, until) >= since:
                yield episode


def _ends(episode: Episode, until: str) -> str:
    return episode.get("ended") or until


def _answered(episode: Episode) -> str | None:
    """When the operator acted first: acknowledged, snoozed or resolved it."""
    return episode.get("first_acted") or episode.get("acted")


def _unanswered(episodes: Iterable[Episode]) -> int:
    return sum(not _answered(episode) and bool(episode.get("ended")) for episode in episodes)


def _waits(episodes: Iterable[Episode], history: History) -> Iterator[_Time]:
    for episode in episodes:
        answered = _answered(episode)
        if not answered and not episode.get("ended"):
            yield _time(episode["began"], None, history)
        elif answered and answered >= iso(history.since):
            yield _time(episode["began"], answered, history)


def _outages(episodes: Iterable[Episode], history: History) -> Iterator[_Time]:
    return (_time(episode["began"], episode.get("ended"), history) for episode in episodes)


def _work_times(episodes: Iterable[Episode], history: History) -> Iterator[_Time]:
    """From acknowledged to resolved. Nothing is known of the work on an alert whose resolve was the first action."""
    for episode in episodes:
        answered = _answered(episode)
        if answered and answered != episode.get("ended"):
            yield _time(answered, episode.get("ended"), history)


def _time(begin: str, end: str | None, history: History) -> _Time:
    last = datetime.fromisoformat(end) if end else history.until
    return _Time((last - datetime.fromisoformat(begin)).total_seconds(), end is None)


def _measure(name: str, times: Iterable[_Time], goal: timedelta | None, *, others: int = 0) -> Measure:
    known = list(times)
    valid = [time for time in known if time.seconds >= 0]
    seconds = [time.seconds for time in valid]
    limit = goal.total_seconds() if goal else None
    return {
        "name": name, "count": len(valid), "open": sum(time.is_open for time in valid), "others": others,
        "unmeasured": len(known) - len(valid), "median": median(seconds) if seconds else None,
        "slowest": max(seconds, default=None), "goal": limit, "verdict": _verdict(valid, limit),
    }  # fmt: skip


def _verdict(times: Sequence[_Time], goal: float | None) -> Verdict:
    """Whether the median is within *goal*, whatever becomes of the alerts that are open."""
    if goal is None:
        return ""
    if not times:
        return "no data"
    if median(time.seconds for time in times) > goal:
        return "not met"
    return "met" if median(inf if time.is_open else time.seconds for time in times) <= goal else "no data"


def _parts(episodes: Sequence[Episode], history: History) -> list[Part]:
    actions = {answered for episode in episodes if (answered := _answered(episode)) and answered >= iso(history.since)}
    work = merged_length(_work(episodes, history))
    return [
        _estimate("notification", len(history.pages), READ),
        _estimate("action", len(actions), ACT),
        {
            "what": "work on acknowledged alerts",
            "count": 1,
            "each": None,
            "minutes": round(work.total_seconds() / 60, 1),
        },
        _estimate("digest", len(history.digests), DIGEST),
        _estimate("weekly review", 1, REVIEW),
    ]


def _estimate(what: str, count: int, each: timedelta) -> Part:
    minutes = each / timedelta(minutes=1)
    return {"what": what, "count": count, "each": minutes, "minutes": count * minutes}


def _work(episodes: Iterable[Episode], history: History) -> Iterator[Interval]:
    """The times of the week in which the operator worked on an alert, at most LONGEST_WORK each."""
    for episode in episodes:
        if answered := _answered(episode):
            begin = datetime.fromisoformat(answered)
            end = min(datetime.fromisoformat(_ends(episode, iso(history.until))), begin + LONGEST_WORK)
            yield max(begin, history.since), min(end, history.until)


def merged_length(intervals: Iterable[Interval]) -> timedelta:
    """The length of the time that *intervals* cover: what overlaps counts once, and what ends before it begins not."""
    total, covered = timedelta(), None
    for begin, end in sorted(intervals):
        start = begin if covered is None else max(begin, covered)
        if end > start:
            total, covered = total + (end - start), end
    return total
