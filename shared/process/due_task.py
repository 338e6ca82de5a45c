"""Runs a task within the request that finds it due: a serverless platform gives a process no time between requests."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

PATIENCE = 0.2
"""Seconds for which a request waits for a run: a store that is slow or silent delays it no longer."""
AGAIN = 1.0
"""Seconds from a run that failed to the next."""


@dataclass
class _Run:
    """One run, which goes on in its thread when the request stops waiting."""

    began: float
    ended: threading.Event = field(default_factory=threading.Event)
    succeeded: bool = False


@dataclass
class DueTask:
    """Runs *work* when a request asks for it, at most once in *every* seconds.

    *work* gets the time of the request, and says whether it succeeded. The first run is due immediately, or *every*
    seconds after the first request.
    """

    work: Callable[[datetime], bool]
    every: float
    immediately: bool = True
    first_patience: float = PATIENCE
    """Seconds for which requests wait until a run has succeeded for the first time."""
    clock: Callable[[], float] = time.monotonic
    _run: _Run | None = None
    _succeeded_at: float | None = None
    """When the last run that succeeded began."""
    _choosing: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, now: datetime) -> bool:
        """Run the work if it is due, and wait for it. Returns whether it has succeeded, now or not long ago."""
        if self._is_fresh(self.clock()):
            return True
        run = self._joined(now)
        if run is None:
            return True
        run.ended.wait(max(0.0, run.began + self._patience - self.clock()))
        return run.succeeded or self._is_fresh(self.clock())

    def hasten(self) -> None:
        """Make the next run due now, however short a time ago the last one succeeded."""
        self._succeeded_at = None

    def wait(self) -> None:
        """Wait until the work does not run."""
        if run := self._run:
            run.ended.wait()

    @property
    def _patience(self) -> float:
        return PATIENCE if self._succeeded_at is not None else self.first_patience

    def _is_fresh(self, at: float) -> bool:
        return self._succeeded_at is not None and at - self._succeeded_at <= self.every

    def _joined(self, now: datetime) -> _Run | None:
        """The run to wait for: the present one, or a new one if that has failed or hangs. None if no run is due."""
        with self._choosing:
            at = self.clock()
            if self._succeeded_at is None and not self.immediately:
                self._succeeded_at = at
            if self._is_fresh(at):  # since another request asked
                return None
            if self._run is None or self._is_over(self._run, at):
                self._run = _Run(at)
                threading.Thread(target=self._work, args=(self._run, now), daemon=True).start()
            return self._run

    def _is_over(self, run: _Run, at: float) -> bool:
        """Whether another run may begin: a run that hangs keeps others out for a while, since each needs a thread."""
        pause = self.every if not run.ended.is_set() else 0.0 if run.succeeded else AGAIN
        return at - run.began >= min(pause, self.every)

    def _work(self, run: _Run, now: datetime) -> None:
        try:
            run.succeeded = self.work(now)
            if run.succeeded:
                self._succeeded_at = max(run.began, self._succeeded_at or run.began)
        finally:
            run.ended.set()
