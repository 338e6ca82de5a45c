"""Moments as a person types them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from shared.values.durations import parse_duration


def moment(text: str) -> datetime:
    """The moment that *text* names: an age (`90m`, `7d`), a day, or a moment of ISO 8601; UTC if it names no zone."""
    try:
        return datetime.now(UTC) - parse_duration(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"expected 90m, 7d, 2026-11-01 or a moment of ISO 8601, found {text!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def until_moment(text: str, now: datetime, zone: str) -> datetime:
    """The moment to come that *text* names: a length (`2h`), a time of day in *zone* (`15:00`), a day or a moment."""
    said = text.strip().removeprefix("until").strip()
    found = _to_come(said, now, zone)
    if found is None or found <= now:
        raise click.BadParameter(f"expected 2h, 15:00, a day or a moment that is to come, found {text!r}")
    return found


def _to_come(said: str, now: datetime, zone: str) -> datetime | None:
    local = now.astimezone(ZoneInfo(zone))
    if clock := re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", said):
        today = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return (today if today > local else today + timedelta(days=1)).astimezone(UTC)
    try:
        return now + parse_duration(said)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
