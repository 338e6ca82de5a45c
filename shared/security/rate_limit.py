"""How many requests one caller may make in a minute: a bucket of tokens that fills again as time passes."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CALLERS = 10_000
"""As many callers are remembered: past that the one who was let in longest ago starts anew."""

ROUNDING = 1e-6
"""Seconds that sums of floating-point times may be off by: nobody is turned away for those."""


@dataclass
class Limiter:
    """Lets each caller in *per_minute* times a minute, a whole minute's worth at once if need be.

    In memory: each process counts for itself.
    """

    per_minute: int
    seconds: Callable[[], float] = time.monotonic
    _full_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, caller: str) -> int:
        """0 where *caller* is let in now, else the seconds until it would be."""
        each, now = 60 / self.per_minute, self.seconds()
        with self._lock:
            full_at = max(self._full_at.pop(caller, now), now) + each
            let_in = full_at - now <= 60 + ROUNDING
            self._full_at[caller] = full_at if let_in else full_at - each
            if len(self._full_at) > CALLERS:
                del self._full_at[next(iter(self._full_at))]
        return 0 if let_in else math.ceil(full_at - now - 60)
