"""Times as text."""

from datetime import UTC, datetime

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
