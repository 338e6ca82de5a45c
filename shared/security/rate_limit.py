"""Limits the requests of a caller per minute with a token bucket."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CALLERS = 10_000
"""The number of callers to remember; beyond it, the caller admitted longest ago starts afresh."""

ROUNDING = 1e-6
"""The error in seconds of sums of floating-point times, which must not make the limiter reject a caller."""


@dataclass
class Limiter:
    """Admits *per_minute* requests of each caller per minute, in one burst if necessary.

    The state is in memory, so each process counts separately.
    """

    per_minute: int
    seconds: Callable[[], float] = time.monotonic
    _full_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, caller: str) -> int:
        """0 if *caller* is admitted now, else the seconds until it would be."""
        each, now = 60 / self.per_minute, self.seconds()
        with self._lock:
            full_at = max(self._full_at.pop(caller, now), now) + each
            let_in = full_at - now <= 60 + ROUNDING
            self._full_at[caller] = full_at if let_in else full_at - each
            if len(self._full_at) > CALLERS:
                del self._full_at[next(iter(self._full_at))]
        return 0 if let_in else math.ceil(full_at - now - 60)
