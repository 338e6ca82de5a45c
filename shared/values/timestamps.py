"""Times as text."""

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """*moment* as UTC text of fixed width, so that text order is time order: `2026-11-20T08:30:00.000000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def day(moment: datetime) -> str:
    """The UTC day of *moment*. The event log is indexed by day, because an index on the time itself would be hot."""
    return iso(moment)[:10]
