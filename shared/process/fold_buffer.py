"""Collects items from many threads without a shared lock."""

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 4096
"""The number of items from which `add` folds them."""


class FoldBuffer(Generic[T]):
    """Items that were added; *fold* gets those that were not folded yet, in one thread at a time."""

    def __init__(self, fold: Callable[[list[T]], None]) -> None:
        self._fold = fold
        self._items: list[T] = []
        self.folding = threading.RLock()

    def add(self, items: Iterable[T]) -> None:
        self._items.extend(items)
        if len(self._items) > MOST:
            self.fold()

    def fold(self) -> None:
        with self.folding:
            taken = self._items[:]
            del self._items[: len(taken)]  # other threads append after these in the meantime
            self._fold(taken)
