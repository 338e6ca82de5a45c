"""Where one batch ends and the next begins.

The edge is a matter of when the items came, and of nothing else: however often somebody looks, and whoever looks first,
the same items make the same batches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Item = Mapping[str, Any]
"""The document of an alert that is pending."""
MOST = 400
"""Items of one batch: with their digest they stay below the 500 writes that Firestore is sure to take at once."""
Held = Callable[[datetime], datetime | None]
"""Until when nothing is sent at a moment; None where there is no objection."""


@dataclass(frozen=True, slots=True)
class Batching:
    """How the items of *queue* are batched: a batch whose first item came at a moment lasts until `ends` of that."""

    queue: str
    channel: str
    size: int | None
    ends: Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class Batch:
    """The first `count` items. `reason`: it is full, its time is over, or it was held back and is released."""

    count: int
    closes: datetime
    reason: Literal["size", "window", "release"]

    def is_due(self, now: datetime, held: Held) -> bool:
        return (self.reason == "size" or self.closes <= now) and held(now) is None


def first_batch(since: Sequence[datetime], how: Batching, held: Held) -> Batch:
    """The batch that begins with the first of the items that wait *since* these moments, in order; there is one.

    A batch that would close while nothing is sent stays open until that is over, and takes what comes until then.
    """
    ends, size = how.ends(since[0]), how.size
    full = size is not None and len(since) >= size and since[size - 1] < ends
    closes = since[size - 1] if full and size else ends
    if released := held(closes):
        return Batch(_before(released, since), released, "release")
    return Batch(size, closes, "size") if full and size else Batch(_before(ends, since), ends, "window")


def _before(end: datetime, since: Sequence[datetime]) -> int:
    return min(sum(moment < end for moment in since), MOST)


def announces(joined: int, waiting: int, size: int) -> bool:
    """Whether who counts *waiting* items, of which *joined* are new, says that a batch is full.

    At the first batch everyone says it, so that a race cannot keep all of them silent. Where more wait, a sender is at
    work already, and saying it once a batch is enough.
    """
    return size <= waiting < 2 * size or waiting // size > (waiting - joined) // size
