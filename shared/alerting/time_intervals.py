"""Time intervals in an IANA zone, as in Alertmanager: start inclusive, end exclusive, on the wall clock.

Unlike in Alertmanager, a range of times may wrap midnight (`22:00` to `06:00`); all of it then belongs to the day on
which it begins. The wall clock decides: an hour that daylight saving skips does not exist, and an hour that it repeats
counts twice. Source: Alertmanager documentation, "Time intervals", and `timeinterval/timeinterval.go`.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from shared.values.dates import Zone
from shared.values.section import Section

_CLOCK = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
DAY = 24 * 60


def parse_clock(value: Any) -> int:
    """`08:30` as minutes since midnight; `24:00` ends a day. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DAY:
        return value
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError("expected a time such as 08:30, or 24:00")
    hours, _, minutes = value.partition(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class Range:
    """First and last, both inclusive."""

    first: int
    last: int


def _ranges(names: Sequence[str], first: int, low: int, high: int, what: str) -> BeforeValidator:
    """Reads `monday:friday` or `1:5`: *names* count from *first*, numbers lie between *low* and *high*."""

    def number(text: str) -> int:
        word = text.strip().lower()
        positions = [position for position, name in enumerate(names, first) if word in {name, name[:3]}]
        if positions:
            return positions[0]
        if not re.fullmatch(r"-?[0-9]{1,4}", word) or not low <= int(word) <= high or (low < 0 and int(word) == 0):
            raise ValueError(f"expected {what}")
        return int(word)

    def parse(value: Any) -> Any:
        if isinstance(value, Range):
            return value
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise ValueError(f"expected {what}")  # noqa: TRY004  (pydantic reports ValueErrors)
        begin, _, end = str(value).replace("-", ":", 1 if names else 0).partition(":")
        span = Range(number(begin), number(end or begin))
        if span.first < 0 <= span.last or _highest(span.first, low, high) > _highest(span.last, low, high):
            raise ValueError(f"expected {what}, the first before the last")
        return span

    return BeforeValidator(parse)


def _highest(number: int, low: int, high: int) -> int:
    """*number*, where a negative one counts from the end of the longest range: -1 is *high*."""
    return number + high + 1 if number < 0 and low < 0 else number


Clock = Annotated[int, BeforeValidator(parse_clock)]
Weekdays = Annotated[
    Any, _ranges(_WEEKDAYS, 0, 0, 6, "days of the week such as monday:friday, from sunday to saturday")
]
DaysOfMonth = Annotated[Any, _ranges((), 0, -31, 31, "days of the month such as 1:5 or -3:-1")]
Months = Annotated[Any, _ranges(_MONTHS, 1, 1, 12, "months such as january:march or 1:3")]
Years = Annotated[Any, _ranges((), 0, 0, 9999, "years such as 2026:2027")]


class TimeRange(Section):
    """From `start_time`, inclusive, to `end_time`, exclusive; past midnight if it ends before it starts."""

    start_time: Clock
    end_time: Clock

    @model_validator(mode="after")
    def _has_a_minute(self) -> Self:
        require_a_minute(self.start_time, self.end_time)
        return self


def require_a_minute(start: int, end: int) -> None:
    """Raises ValueError if no time is from *start* to *end*, in minutes since midnight."""
    if start == end:
        raise ValueError("expected an end other than the start; the whole day is 00:00 to 24:00")
    if start == DAY:
        raise ValueError("expected a start before 24:00, which is the end of the day; the next day starts at 00:00")


def _filled(value: Any) -> Any:
    """A list that is there has entries: an empty one would contain no time, and none at all contains every time."""
    if isinstance(value, list | tuple) and not value:
        raise ValueError("expected at least one entry, or no such key")
    return value


_Filled = BeforeValidator(_filled)


class TimeInterval(Section):
    """Contains a time if each of its fields does. A list contains a time if an entry does."""

    times: Annotated[tuple[TimeRange, ...], _Filled] = ()
    weekdays: Annotated[tuple[Weekdays, ...], _Filled] = ()
    days_of_month: Annotated[tuple[DaysOfMonth, ...], _Filled] = ()
    months: Annotated[tuple[Months, ...], _Filled] = ()
    years: Annotated[tuple[Years, ...], _Filled] = ()
    location: Zone | None = None

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if not any(_on(self, day) for day in _days(self)):
            raise ValueError(
                "expected a day that is in all of weekdays, days_of_month, months and years; there is none"
            )
        return self


Intervals = Annotated[tuple[TimeInterval, ...], Field(min_length=1)]
Contains = Callable[[datetime], bool]


def contains(interval: TimeInterval, now: datetime, *, zone: str) -> bool:
    """Whether *interval* contains *now*, in its own `location` or else in *zone*."""
    local = now.astimezone(ZoneInfo(interval.location or zone))
    minute, today = local.hour * 60 + local.minute, local.date()
    if not interval.times:
        return _on(interval, today)
    yesterday = today - timedelta(days=1)
    return any(
        (_on(interval, today) and _today(span, minute)) or (_on(interval, yesterday) and _since_yesterday(span, minute))
        for span in interval.times
    )


def _today(span: TimeRange, minute: int) -> bool:
    return span.start_time <= minute and (minute < span.end_time or span.end_time < span.start_time)


def _since_yesterday(span: TimeRange, minute: int) -> bool:
    return span.end_time < span.start_time and minute < span.end_time


def _on(interval: TimeInterval, day: date) -> bool:
    return (
        _in(interval.weekdays, day.isoweekday() % 7)
        and _in(interval.months, day.month)
        and _in(interval.years, day.year)
        and _in([_of_month(span, day) for span in interval.days_of_month], day.day)
    )


def _days(interval: TimeInterval) -> Iterator[date]:
    """Days enough to find one that *interval* contains: the calendar repeats after 400 years."""
    if not interval.days_of_month and not interval.years:
        yield from (date(2024, month, day) for month in range(1, 13) for day in range(1, 8))
        return
    spans = interval.years or [Range(2000, 2399)]
    years = (year for span in spans for year in range(max(span.first, 1), min(span.last, span.first + 399) + 1))
    months = [month for month in range(1, 13) if _in(interval.months, month)]
    yield from (
        date(year, month, day) for year in years for month in months for day in range(1, monthrange(year, month)[1] + 1)
    )


def _in(spans: Sequence[Range], number: int) -> bool:
    return not spans or any(span.first <= number <= span.last for span in spans)


def _of_month(span: Range, day: date) -> Range:
    """*span* in the month of *day*; -1 is its last day."""
    days = monthrange(day.year, day.month)[1]
    first, last = (n + days + 1 if n < 0 else n for n in (span.first, span.last))
    return Range(first, last)


def any_contains(
    names: Sequence[str], declared: Mapping[str, Sequence[TimeInterval]], now: datetime, *, zone: str
) -> str | None:
    """The first of *names* with an interval that contains *now*."""
    inside = (name for name in names if any(contains(interval, now, zone=zone) for interval in declared.get(name, ())))
    return next(inside, None)


LOOK_AHEAD = timedelta(hours=1)


def until_false(holds: Contains, now: datetime) -> datetime:
    """The first full minute after *now* at which *holds* is false, or an hour later, to check again then."""
    minute = now.replace(second=0, microsecond=0)
    for n in range(1, int(LOOK_AHEAD / timedelta(minutes=1))):
        if not holds(minute + timedelta(minutes=n)):
            return minute + timedelta(minutes=n)
    return minute + LOOK_AHEAD
