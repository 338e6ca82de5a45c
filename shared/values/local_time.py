"""Times and durations as people read them. Stored times stay ISO 8601 UTC text: see `timestamps`."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_NEAR = 6
"""How many days away a weekday still names one day only."""
_STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
"""A time as `timestamps.iso` writes it."""
_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))

_MINUTE, _RESOLUTION = timedelta(minutes=1), timedelta.resolution


def local_time(moment: datetime | str, zone: tzinfo, now: datetime) -> str:
    """*moment* in *zone*: `03:02` today, `Fri 23:51` up to six days away, else `4 Nov 03:02` or `4 Nov 2025 03:02`.

    A time that the clocks show twice, because they go back, has the name of the clock: `01:30 EDT`, then `01:30 EST`.
    """
    local, today = as_datetime(moment).astimezone(zone), now.astimezone(zone).date()
    days = abs((local.date() - today).days)
    if days == 0:
        return _clock(local)
    if days <= _NEAR:
        return f"{local:%a} {_clock(local)}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {_clock(local)}"


def _clock(local: datetime) -> str:
    is_repeated = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{local:%H:%M %Z}" if is_repeated else f"{local:%H:%M}"


def age(moment: datetime | str, now: datetime) -> str:
    """How far *moment* is from *now*, in its largest unit: `12 min ago`, `in 2 h`, `3 days ago`, `just now`.

    What is to come is rounded up to the minute: two hours from now are `in 2 h` a second later, too.
    """
    away = as_datetime(moment) - now
    if away <= timedelta():
        return "just now" if -away < _MINUTE else f"{_parts(-away)[0]} ago"
    return "in less than a minute" if away < _MINUTE else f"in {_parts(away + _MINUTE - _RESOLUTION)[0]}"


def duration(length: timedelta) -> str:
    """*length* in its two largest units, seconds only below a minute: `45 s`, `12 min`, `10 h 32 min`, `2 days`."""
    return " ".join(_parts(length)[:2])


def localized(text: str, zone: tzinfo, now: datetime) -> str:
    """*text* with each stored time in it as `local_time` shows it, such as the end of a silence in a hold reason."""
    return _STORED.sub(lambda match: local_time(match[0], zone, now), text)


def is_stored(text: str) -> bool:
    """Whether *text* is a stored time and nothing else."""
    return bool(_STORED.fullmatch(text))


def as_datetime(moment: datetime | str) -> datetime:
    """*moment* with its zone, which is UTC where a text names none. ValueError for a text that is not ISO 8601."""
    parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _parts(length: timedelta) -> list[str]:
    """*length* as amounts of adjacent units, largest first; `0 s` if it is not positive."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < _UNITS[-2][1]:
        return [f"{seconds} s"]
    amounts: list[str] = []
    for unit, size in _UNITS[:-1]:
        amount, seconds = divmod(seconds, size)
        if amounts and not amount:
            break
        if amount:
            amounts.append(f"{amount} {unit}{'s' if unit == 'day' and amount > 1 else ''}")
    return amounts
