"""What waits to be sent together, and when it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.events import Severity

Item = Mapping[str, Any]
"""The document of an alert that is pending."""


@dataclass(frozen=True, slots=True)
class Batching:
    """A batch closes when it holds `size` items, or `window` after its first; it goes to `channel`."""

    channel: str
    size: int
    window: timedelta
    severity: Severity


def announces(joined: int, waiting: int, batching: Batching) -> bool:
    """Whether who sees *waiting* items, of which *joined* are new, says that a batch is full.

    At the first batch everyone says it, so that a race cannot keep all of them silent. Where more wait, a sender is at
    work already, and saying it once a batch is enough.
    """
    size = batching.size
    return size <= waiting < 2 * size or waiting // size > (waiting - joined) // size


def closes(items: Sequence[Item], batching: Batching, *, now: datetime) -> Literal["size", "window"] | None:
    """Why the batch of *items*, the longest waiting first, closes at *now*; None while it stays open."""
    if len(items) >= batching.size:
        return "size"
    if items and now - datetime.fromisoformat(items[0]["pending"]["since"]) >= batching.window:
        return "window"
    return None
