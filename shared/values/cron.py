"""The times that a cron line names, on the clock of a time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def next_moment(cron: str, after: datetime, *, zone: str) -> datetime:
    """The first time after *after* that the *cron* line names on the clock of *zone*."""
    from cronsim import CronSim

    return next(CronSim(cron, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)


def last_moment(cron: str, now: datetime, *, zone: str) -> datetime:
    """The last time up to *now* that the *cron* line names on the clock of *zone*."""
    from cronsim import CronSim

    local = (now + timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    return next(CronSim(cron, local, reverse=True)).astimezone(UTC)
