"""Collects what many threads report, without a lock that they share."""

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 4096


class Gathered(Generic[T]):
    """Collected items; one thread at a time passes those that are not folded yet to *fold*."""

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
            del self._seen[: len(taken)]  # other threads may append meanwhile
            self._fold(taken)
