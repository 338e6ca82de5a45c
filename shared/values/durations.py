"""Durations as a configuration file spells them: `1h30m`. A year has 365 days, as in Prometheus and Alertmanager."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_PART = r"(?:([0-9]{1,12})"
_DURATION = re.compile(rf"{_PART}y)?{_PART}w)?{_PART}d)?{_PART}h)?{_PART}m)?{_PART}s)?{_PART}ms)?")
_UNITS = {
    "y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1,
}  # fmt: skip
"""Milliseconds in each unit, from the longest."""
LONGEST = timedelta(days=36_500)
"""A century: so short that no sum of durations and times overflows."""


class TooLong(ValueError):
    """A duration longer than LONGEST."""


def parse_wait(value: Any) -> timedelta:
    """As `parse_duration`, but `0s` is a wait too, and so is `0`, the only duration that needs no unit."""
    if isinstance(value, timedelta):
        return value
    if value in (0, "0") and not isinstance(value, bool | float):
        return timedelta(0)
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError("expected a duration such as 5m, 1h30m or 250ms")
    milliseconds = sum(int(part or 0) * size for part, size in zip(match.groups(), _UNITS.values(), strict=True))
    if milliseconds > LONGEST / timedelta(milliseconds=1):
        raise TooLong(f"expected a duration of at most {LONGEST.days}d")
    return timedelta(milliseconds=milliseconds)


def parse_duration(value: Any) -> timedelta:
    """`1h30m`, `5m` or `250ms` as a timedelta. Raises ValueError for anything else, and for a duration of zero."""
    duration = parse_wait(value)
    if not duration:
        raise ValueError("expected a duration such as 5m, 1h30m or 250ms")
    return duration


def duration_text(length: timedelta) -> str:
    """*length* as `parse_wait` reads it: `1h30m`."""
    left, parts = round(length / timedelta(milliseconds=1)), ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, _UNITS[unit])
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Wait = Annotated[timedelta, BeforeValidator(parse_wait)]
