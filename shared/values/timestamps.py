"""Times as text."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""The limits of the times that opos stores: any zone and any duration of a configuration can be added to them."""


def utc(moment: datetime) -> datetime:
    """*moment* in UTC, and the nearest limit for a time beyond one, such as `9999-12-31T23:59:59-01:00`."""
    try:
        return min(max(moment.astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:  # its time in UTC would be before the year 1 or after the year 9999
        return EARLIEST if moment.year < EARLIEST.year else LATEST


def iso(moment: datetime) -> str:
    """*moment* as UTC text of fixed width, so that text order is time order: `2026-11-20T08:30:00.000000Z`."""
    return utc(moment).isoformat(timespec="microseconds").replace("+00:00", "Z")


def day(moment: datetime) -> str:
    """The UTC day of *moment*. The event log is indexed by day, because an index on the time itself would be hot."""
    return iso(moment)[:10]


_STORED = re.compile(r"(?P<queue>[a-z0-9_-]+/)?(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")
"""A stored time, perhaps as the second part of a place in a queue."""


def moved_back(value: Any, by: timedelta, *, after: str) -> Any:
    """*value*, a part of a document, with each stored time later than *after* moved back by *by*."""
    if isinstance(value, dict):
        return {name: moved_back(part, by, after=after) for name, part in value.items()}
    if isinstance(value, list):
        return [moved_back(part, by, after=after) for part in value]
    match = _STORED.fullmatch(value) if isinstance(value, str) else None
    if match is None or match["time"] <= after:
        return value
    return f"{match['queue'] or ''}{iso(datetime.fromisoformat(match['time']) - by)}"
