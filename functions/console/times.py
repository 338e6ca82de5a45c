"""A moment as a person reads it: on the clock of the operator, and how long ago it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Moment:
    """`short` leaves out what today's reader knows; `full` is exact; `iso` is for machines."""

    short: str
    full: str
    ago: str
    iso: str


UNKNOWN = Moment(short="", full="", ago="at an unknown time", iso="")


def moment(text: str | None, *, now: datetime, timezone: str) -> Moment:
    """*text*, a moment as `events.iso` writes it. One that cannot be read is unknown: it must not hide the rest."""
    try:
        then = datetime.fromisoformat(text or "").astimezone(ZoneInfo(timezone))
    except ValueError:
        return UNKNOWN
    return Moment(
        short=_short(then, now.astimezone(then.tzinfo)),
        full=then.strftime("%a %d %b %Y, %H:%M:%S %Z"),
        ago=age(now - then),
        iso=text or "",
    )


def age(passed: timedelta) -> str:
    """*passed* in the largest unit that fits it."""
    seconds = int(passed.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"


def _short(then: datetime, now: datetime) -> str:
    if then.date() == now.date():
        return then.strftime("%H:%M")
    return then.strftime("%d %b %H:%M" if then.year == now.year else "%d %b %Y")
