"""The first weekly review of a month reminds of the monthly review of operations: pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TypedDict
from zoneinfo import ZoneInfo

from shared.values.cron import last_moment

CHECKLIST = "docs/operations/monthly-review.md"
_SECOND = timedelta(seconds=1)


class Budget(TypedDict):
    """What is `left` of an objective's error budget, in percent: below 0 it is overspent."""

    objective: str
    left: float


class Monthly(TypedDict):
    """`checklist` is the address of the checklist, empty where none is known."""

    month: str
    checklist: str
    budgets: list[Budget]


def is_first_of_month(at: datetime, earlier: Iterable[datetime], was_made: Callable[[datetime], bool]) -> bool:
    """Whether the review due *at* is the first of its month: none of the *earlier* ones in it was made."""
    return not any(was_made(one) for one in earlier if one < at)


def earlier_in_month(cron: str, at: datetime, *, zone: str, calendar: str) -> Iterator[datetime]:
    """The moments of *cron*, on the clock of *zone*, before *at* in the month that it is in in *calendar*; the last
    first.
    """
    month = month_of(at, zone=calendar)
    return takewhile(lambda one: month_of(one, zone=calendar) == month, _before(cron, at, zone))


def _before(cron: str, at: datetime, zone: str) -> Iterator[datetime]:
    while True:
        at = last_moment(cron, at - _SECOND, zone=zone)
        yield at


def month_of(at: datetime, *, zone: str) -> str:
    """`November 2026`, by the days of *zone*."""
    return f"{at.astimezone(ZoneInfo(zone)):%B %Y}"


def checklist_beside(runbooks: str | None) -> str:
    """The address of the checklist, where *runbooks* is that of docs/runbooks; else empty."""
    folder, _, last = (runbooks or "").rstrip("/").rpartition("/")
    return f"{folder}/{CHECKLIST.removeprefix('docs/')}" if last == "runbooks" else ""
