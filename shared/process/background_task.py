"""Work that is done again and again behind the back of who asks, so that nobody waits for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Behind:
    """Does *work* when it is asked for, at most once in *every* seconds and never twice at a time: the first time at
    once, or that long after it was first asked.

    Serverless platforms give a process no time between two requests: it is the requests that keep this going.
    """

    work: Callable[[datetime], None]
    every: float
    at_once: bool = True
    pause: float = 0.0
    """Seconds until the work begins: what it has to load must not slow down the answer that asked for it."""
    _began: float | None = None
    _working: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, now: datetime) -> None:
        """*now* is the moment of who asks, which *work* is handed."""
        if self._began is None and not self.at_once:
            self._began = time.monotonic()
        due = self._began is None or time.monotonic() - self._began > self.every
        if due and self._working.acquire(blocking=False):
            self._began = time.monotonic()
            threading.Thread(target=self._work, args=(now,), daemon=True).start()

    def wait(self) -> None:
        """Until nothing is being done."""
        with self._working:
            pass

    def _work(self, now: datetime) -> None:
        try:
            time.sleep(self.pause)
            self.work(now)
        finally:
            self._working.release()
