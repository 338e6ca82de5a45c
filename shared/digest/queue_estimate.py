"""What a process remembers about the queues, so that it rarely counts them in the store."""

import threading
from dataclasses import dataclass, field


@dataclass
class Tally:
    """How many items wait in each queue, as far as this process knows.

    It does not know what other processes queue until it counts again. Between two counts they may fill a batch
    unnoticed; the sweeper then closes it.
    """

    _known: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def joined(self, queue: str, count: int, *, size: int) -> int | None:
        """The number of items that this process has queued since its last count, if a batch of *size* may be full."""
        with self._lock:
            known, new = self._known.get(queue, (size, 0))
            self._known[queue] = (known, new + count)
            return new + count if known + new + count >= size else None

    def counted(self, queue: str, count: int, *, size: int) -> None:
        """Remember that *count* items wait in *queue*. Its full batches are about to be sent."""
        with self._lock:
            self._known[queue] = (count % size, 0)
