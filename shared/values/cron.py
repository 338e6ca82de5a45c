"""The times that a cron line names on the clocks of a time zone, also where these change.

As in Debian's cron, a line with an asterisk first in its minute or hour follows the clocks: it comes in both passes
of a repeated hour, and not in a gap. Any other line comes once: in the first pass of a repeated hour, and right after a
gap for the times in it. ADR 40 says why cronsim, which reads the lines, is not asked about zones.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.values.wall_clock import occurrences, reached, repeated, shown

Times = Callable[[datetime, ZoneInfo], list[datetime]]
_SECOND = timedelta(seconds=1)
_FIRST, _LAST = slice(1), slice(-1, None)


def next_moment(cron: str, after: datetime, *, zone: str) -> datetime:
    """The first time after *after* that the *cron* line names on the clocks of *zone*, in UTC."""
    clocks = ZoneInfo(zone)
    start = shown(after, clocks) - repeated(after, clocks)
    passes = _passes(cron, start, clocks)
    return min(next(moment for moment in moments if moment > after) for moments in passes)


def last_moment(cron: str, now: datetime, *, zone: str) -> datetime:
    """The last time up to *now* that the *cron* line names on the clocks of *zone*, in UTC."""
    clocks = ZoneInfo(zone)
    start = shown(now, clocks) + repeated(now, clocks) + _SECOND
    passes = _passes(cron, start, clocks, reverse=True)
    return max(next(moment for moment in moments if moment <= now) for moments in passes)


def _passes(cron: str, start: datetime, zone: ZoneInfo, *, reverse: bool = False) -> Iterator[Iterator[datetime]]:
    """The times that *cron* names from *start* on, or back: for each pass of the clocks through a repeated hour."""
    minute, hour, *_ = cron.split()[-5:]
    follows_clocks = minute.startswith("*") or hour.startswith("*")
    kinds = ((occurrences, _FIRST), (occurrences, _LAST)) if follows_clocks else ((reached, _FIRST),)
    return (_moments(_named(cron, start, reverse=reverse), times, which, zone) for times, which in kinds)


def _moments(named: Iterator[datetime], times: Times, which: slice, zone: ZoneInfo) -> Iterator[datetime]:
    return (moment for local in named for moment in times(local, zone)[which])


def _named(cron: str, start: datetime, *, reverse: bool) -> Iterator[datetime]:
    """What a clock shows at the times that *cron* names, after *start*, or before it if *reverse*."""
    from cronsim import CronSim

    return CronSim(cron, start, reverse=reverse)
