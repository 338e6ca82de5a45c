"""What a process remembers of the queues, to spare counting them."""

import threading
from dataclasses import dataclass, field


@dataclass
class Tally:
    """How many wait in each queue, as far as this process knows, so that not every item costs a count in the store.

    What other processes queue it learns when it counts: between two counts they may fill a batch unnoticed, until the
    sweeper looks.
    """

    _known: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def joined(self, queue: str, count: int, *, size: int) -> int | None:
        """How many this process has queued since it last counted, if by that a batch of *size* may be full."""
        with self._lock:
            known, new = self._known.get(queue, (size, 0))
            self._known[queue] = (known, new + count)
            return new + count if known + new + count >= size else None

    def counted(self, queue: str, count: int, *, size: int) -> None:
        """*count* wait in *queue*: of these the full batches are about to leave."""
        with self._lock:
            self._known[queue] = (count % size, 0)
