"""What the clocks of a time zone show: when they change, they skip some times and show others twice.

A time without a zone is what a clock shows; a time with a zone is when it does.
"""

from bisect import bisect_left
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of *zone* show at *moment*, to the second."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0, microsecond=0)


def occurrences(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The UTC times at which the clocks of *zone* show *local*: none if they skip it, two if they show it twice."""
    return [moment for moment in _readings(local, zone) if shown(moment, zone) == local]


def gap_end(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC time at which the clocks of *zone* skip *local*."""
    first, last = _readings(local, zone)
    seconds = range(int((last - first) / _SECOND))
    return first + _SECOND * bisect_left(seconds, x=True, key=lambda n: shown(first + n * _SECOND, zone) > local)


def repeated(moment: datetime, zone: ZoneInfo) -> timedelta:
    """How far apart the two times are at which the clocks of *zone* show what they show at *moment*; often zero."""
    first, *_, last = 2 * _readings(shown(moment, zone), zone)
    return last - first


def next_time_of_day(clock: time, now: datetime, zone: ZoneInfo) -> datetime:
    """The first UTC time after *now* at which the clocks of *zone* show *clock*, or skip it."""
    today = datetime.combine(shown(now, zone), clock)
    moments = (moment for local in (today, today + _DAY) for moment in reached(local, zone))
    return next(moment for moment in moments if moment > now)


def reached(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The UTC times at which the clocks of *zone* show *local*, or the one at which they skip it."""
    return occurrences(local, zone) or [gap_end(local, zone)]


def _readings(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """*local* by the offsets before and after the change that it is next to, in time order; one if there is none."""
    return sorted({local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
