"""Collecting what many threads see, without a lock that they would share."""

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 4096


class Gathered(Generic[T]):
    """Things that were *seen*; *fold* is handed those that were not folded yet, by one thread at a time."""

    def __init__(self, fold: Callable[[list[T]], None]) -> None:
        self._fold = fold
        self._seen: list[T] = []
        self.folding = threading.RLock()

    def saw(self, things: Iterable[T]) -> None:
        self._seen.extend(things)
        if len(self._seen) > MOST:
            self.fold()

    def fold(self) -> None:
        with self.folding:
            taken = self._seen[:]
            del self._seen[: len(taken)]  # others append behind these meanwhile
            self._fold(taken)
