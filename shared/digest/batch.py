"""When a digest closes, and over what."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

Item = Mapping[str, Any]
"""The document of an alert that is pending."""


def closes(items: Sequence[Item], *, size: int, window: timedelta, now: datetime) -> Literal["size", "window"] | None:
    """Why the digest of *items*, the longest waiting first, closes at *now*; None while it stays open."""
    if len(items) >= size:
        return "size"
    if items and now - datetime.fromisoformat(items[0]["pending"]["since"]) >= window:
        return "window"
    return None
