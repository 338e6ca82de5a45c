"""Where one batch ends and the next begins.

Only the arrival times of the items decide: the same items make the same batches, whoever looks at the queue and however
often.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Item = Mapping[str, Any]
"""The document of an alert that is pending."""
MOST = 400
"""Items of one batch: with their digest, fewer than the 500 writes that Firestore is sure to accept together."""
Held = Callable[[datetime], datetime | None]
"""Until when a digest is held at a time; None if it is not held."""


@dataclass(frozen=True, slots=True)
class Batching:
    """How the items of *queue* are batched: a batch whose first item arrives at a time lasts until `ends` of it.

    The channel gets at most `messages_per_minute` digests within a minute.
    """

    queue: str
    channel: str
    size: int | None
    ends: Callable[[datetime], datetime]
    messages_per_minute: int = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """The first `count` items. `reason`: the batch is full, its window has ended, or it was held and is released."""

    count: int
    closes: datetime
    reason: Literal["size", "window", "release"]

    def is_due(self, now: datetime, held: Held) -> bool:
        return (self.reason == "size" or self.closes <= now) and held(now) is None


def first_batch(since: Sequence[datetime], rules: Batching, held: Held) -> Batch:
    """The batch that starts with the first of the items that wait *since* these times, which are in order.

    A batch that would close while digests are held stays open until they are released, and takes the items until then.
    A batch has its first item whatever `ends` says: without an item, the next batch would be the same one again.
    """
    ends, size = rules.ends(since[0]), rules.size
    full = size is not None and len(since) >= size and since[size - 1] < ends
    closes = since[size - 1] if full and size else ends
    if released := held(closes):
        return Batch(_before(released, since), released, "release")
    return Batch(size, closes, "size") if full and size else Batch(_before(ends, since), ends, "window")


def due_batches(since: Sequence[datetime], rules: Batching, held: Held, now: datetime) -> Iterator[Batch]:
    """The batches that are due at *now*, one after the other, of the items that wait *since* these times."""
    while since and (batch := first_batch(since, rules, held)).is_due(now, held):
        yield batch
        since = since[batch.count :]


def _before(end: datetime, since: Sequence[datetime]) -> int:
    return min(max(sum(arrival < end for arrival in since), 1), MOST)


def announces(joined: int, waiting: int, size: int) -> bool:
    """Whether the process that counts *waiting* items, *joined* of them new, announces that a batch is full.

    At the first batch every process announces it, so that a race cannot silence all of them. If more items wait, a
    sender is already at work, and one announcement per batch is enough.
    """
    return size <= waiting < 2 * size or waiting // size > (waiting - joined) // size
