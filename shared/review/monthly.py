"""The reminder of the monthly review of operations, in the first weekly review of a month: pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TypedDict
from zoneinfo import ZoneInfo

from shared.values.cron import last_moment

CHECKLIST = "docs/operations/monthly-review.md"
_SECOND = timedelta(seconds=1)


class Budget(TypedDict):
    """How much of an objective's error budget is `left`, in percent; below 0, the budget is exceeded."""

    objective: str
    left: float


class Monthly(TypedDict):
    """`checklist` is the address of the checklist; empty if opos knows none."""

    month: str
    checklist: str
    budgets: list[Budget]


def is_first_of_month(at: datetime, earlier: Iterable[datetime], was_made: Callable[[datetime], bool]) -> bool:
    """Whether the review due *at* is the first of its month: none of the *earlier* ones was made."""
    return not any(was_made(time) for time in earlier if time < at)


def earlier_in_month(cron: str, at: datetime, *, zone: str, calendar: str) -> Iterator[datetime]:
    """The times of *cron* in *zone* before *at*, in the month of *at* in the zone *calendar*; the latest first."""
    month = month_of(at, zone=calendar)
    return takewhile(lambda time: month_of(time, zone=calendar) == month, _before(cron, at, zone))


def _before(cron: str, at: datetime, zone: str) -> Iterator[datetime]:
    while True:
        at = last_moment(cron, at - _SECOND, zone=zone)
        yield at


def month_of(at: datetime, *, zone: str) -> str:
    """The month of *at* in *zone*, such as `November 2026`."""
    return f"{at.astimezone(ZoneInfo(zone)):%B %Y}"


def checklist_beside(runbooks: str | None) -> str:
    """The address of the checklist if *runbooks* is the address of docs/runbooks; otherwise empty."""
    folder, _, last = (runbooks or "").rstrip("/").rpartition("/")
    return f"{folder}/{CHECKLIST.removeprefix('docs/')}" if last == "runbooks" else ""
