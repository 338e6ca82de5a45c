"""Runs a task in the background at most once per interval, so that no request waits for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Behind:
    """Runs *work* on request, at most once every *every* seconds and never twice at the same time.

    The first run starts immediately, or, without *at_once*, that long after the first request. Serverless platforms
    give a process no time between requests, so only requests can trigger the task.
    """

    work: Callable[[datetime], None]
    every: float
    at_once: bool = True
    pause: float = 0.0
    """Seconds until the work begins, so that its imports do not slow down the request that triggers it."""
    _began: float | None = None
    _working: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, now: datetime) -> None:
        """Run *work* with *now*, the time of the request, if it is due."""
        if self._began is None and not self.at_once:
            self._began = time.monotonic()
        due = self._began is None or time.monotonic() - self._began > self.every
        if due and self._working.acquire(blocking=False):
            self._began = time.monotonic()
            threading.Thread(target=self._work, args=(now,), daemon=True).start()

    def wait(self) -> None:
        """Return when no run is in progress."""
        with self._working:
            pass

    def _work(self, now: datetime) -> None:
        try:
            time.sleep(self.pause)
            self.work(now)
        finally:
            self._working.release()
