"""Runs a task in the background at most once per interval, so that no request waits for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class BackgroundTask:
    """Runs *work* when a request asks for it: at most once in *every* seconds, and never twice at the same time.

    The first run starts immediately, or that long after the first request. Serverless platforms give a process no time
    between two requests, so only the requests can start it.
    """

    work: Callable[[datetime], None]
    every: float
    immediately: bool = True
    pause: float = 0.0
    """Seconds until the work starts: what it has to load must not slow down the request that asks for it."""
    _began: float | None = None
    _working: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, now: datetime) -> None:
        """Run the work if it is due; *now* is the time of the request, which *work* gets."""
        if self._began is None and not self.immediately:
            self._began = time.monotonic()
        due = self._began is None or time.monotonic() - self._began > self.every
        if due and self._working.acquire(blocking=False):
            self._began = time.monotonic()
            threading.Thread(target=self._work, args=(now,), daemon=True).start()

    def wait(self) -> None:
        """Wait until the work does not run."""
        with self._working:
            pass

    def _work(self, now: datetime) -> None:
        try:
            time.sleep(self.pause)
            self.work(now)
        finally:
            self._working.release()
