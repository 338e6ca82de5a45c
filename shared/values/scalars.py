"""The smallest parts of configuration: what a duration, a zone, a cron line and a section are."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict

_PART = r"(?:([0-9]{1,6})"  # so short that no sum of durations and moments overflows
_DURATION = re.compile(rf"{_PART}w)?{_PART}d)?{_PART}h)?{_PART}m)?{_PART}s)?{_PART}ms)?")


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def parse_wait(value: Any) -> timedelta:
    """As `parse_duration`, but `0s` is a wait too."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError("expected a duration such as 5m, 1h30m or 250ms")
    weeks, days, hours, minutes, seconds, millis = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)


def parse_duration(value: Any) -> timedelta:
    """`1h30m`, `5m`, `250ms` as a timedelta. Raises ValueError for anything else, and for nothing at all."""
    found = parse_wait(value)
    if not found:
        raise ValueError("expected a duration such as 5m, 1h30m or 250ms")
    return found


def duration_text(length: timedelta) -> str:
    """*length* as `parse_wait` reads it: `1h30m`."""
    left, parts = round(length / timedelta(milliseconds=1)), ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


def next_moment(cron: str, after: datetime, *, zone: str) -> datetime:
    """The first moment after *after* that the *cron* line names on the clock of *zone*."""
    from cronsim import CronSim

    return next(CronSim(cron, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)


def last_moment(cron: str, now: datetime, *, zone: str) -> datetime:
    """The last moment up to *now* that the *cron* line names on the clock of *zone*."""
    from cronsim import CronSim

    local = (now + timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    return next(CronSim(cron, local, reverse=True)).astimezone(UTC)


def _zone(value: Any) -> Any:
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError, TypeError):
        raise ValueError("expected an IANA time zone such as Europe/Berlin") from None
    return value


def _day(value: Any) -> Any:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a day such as 2027-01-31") from None


Day = Annotated[date, BeforeValidator(_day)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Wait = Annotated[timedelta, BeforeValidator(parse_wait)]
Zone = Annotated[str, BeforeValidator(_zone)]
