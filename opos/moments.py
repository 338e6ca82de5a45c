"""Moments as a person types them."""

from datetime import UTC, datetime

import click

from shared.scalars import parse_duration


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
