"""When a cron line is due, by a walk over the minutes of UTC: slow, plain, and without a line of what it judges."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, LONGEST_CHANGE = timedelta(minutes=1), timedelta(days=1)
"""Samoa once skipped a day."""
ALL_MINUTES, ALL_HOURS, ALL_WEEKDAYS = frozenset(range(60)), frozenset(range(24)), frozenset(range(7))


@dataclass(frozen=True)
class Line:
    """A cron line as sets. `follows_clocks`: it is written with an asterisk in its minute or its hour."""

    text: str
    minutes: Collection[int] = ALL_MINUTES
    hours: Collection[int] = ALL_HOURS
    weekdays: Collection[int] = ALL_WEEKDAYS
    """Sunday is 0."""
    follows_clocks: bool = field(default=False, kw_only=True)

    def names(self, local: datetime) -> bool:
        on_day = local.isoweekday() % 7 in self.weekdays
        return on_day and local.minute in self.minutes and local.hour in self.hours


def due_minutes(line: Line, zone: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """The minutes from *start*, inclusive, to *end*, exclusive, at which *line* is due on the clocks of *zone*."""
    moment = start - LONGEST_CHANGE
    latest = clock(moment, zone)
    while moment < end:
        local = clock(moment, zone)
        if moment >= start and _is_due(line, local, latest):
            yield moment
        latest = local if line.follows_clocks else max(latest, local)
        moment += MINUTE


def clock(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _is_due(line: Line, local: datetime, latest: datetime) -> bool:
    """Whether *line* names what the clocks show, or skipped since the *latest* time that they have shown."""
    if line.follows_clocks:
        return line.names(local)
    skipped = int((local - latest) / MINUTE)
    return any(line.names(local - n * MINUTE) for n in range(skipped))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]
