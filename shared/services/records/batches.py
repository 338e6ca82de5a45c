"""Several records in one commit, which costs one wait for the disk or the network instead of one for each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from shared.errors import OposError

T = TypeVar("T")
MOST = 100
"""How many changes share a commit: with their records and claims, some 400 writes."""


def in_batches(
    items: Iterable[T],
    together: Callable[[Sequence[T]], None],
    alone: Callable[[T], None],
    weight: Callable[[T], int] = lambda _: 1,
) -> Iterator[T]:
    """*items* once they are committed: *together*, or *alone* what is too heavy or what others have made impossible.

    *weight* is the number of changes of an item.
    """
    for batch in _batches(items, weight):
        if len(batch) == 1 or not _is_done(batch, together):
            for item in batch:
                alone(item)
        yield from batch


def _is_done(batch: Sequence[T], together: Callable[[Sequence[T]], None]) -> bool:
    try:
        together(batch)
    except OposError:  # of one of them, which the others do not have to share
        return False
    return True


def _batches(items: Iterable[T], weight: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    held = 0
    for item in items:
        if batch and held + weight(item) > MOST:
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += weight(item)
    if batch:
        yield batch
