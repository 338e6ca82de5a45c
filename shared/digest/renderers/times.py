"""Moments as a digest shows them: on the operator's clock, without what its reader knows."""

from datetime import datetime
from zoneinfo import ZoneInfo


def since(text: str, *, now: str, zone: str) -> str:
    """*text*, a moment as `events.iso` writes it: the time of day, with its date where that is not today's."""
    try:
        then, today = (datetime.fromisoformat(one).astimezone(ZoneInfo(zone)) for one in (text, now))
    except ValueError:
        return ""
    return then.strftime("%H:%M" if then.date() == today.date() else "%d %b %H:%M")


def headed(text: str, *, zone: str) -> str:
    """The moment of a digest: `Friday 20 November, 09:30`."""
    then = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{then:%A} {then.day} {then:%B, %H:%M}"
