"""The machine's clock, and random ids."""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NEVER = datetime.min.replace(tzinfo=UTC)
STEP = timedelta(minutes=2)
"""A step back of the clock that is smaller than this is not visible to the process: its time stands still instead."""


def machine_time() -> datetime:
    return datetime.now(UTC)


@dataclass
class SystemClock:
    """The clock of the machine. A process sees its time go back only if somebody sets it back by STEP or more."""

    read: Callable[[], datetime] = machine_time
    _latest: datetime = NEVER

    def now(self) -> datetime:
        time = self.read()
        if timedelta() < self._latest - time < STEP:
            return self._latest
        self._latest = time
        return time


def new_id() -> str:
    """A random id of 32 hex digits that nobody can guess."""
    return secrets.token_hex(16)


def new_trace() -> str:
    """A random W3C trace id. It is no secret, so it comes from a generator that is faster than that of `new_id`."""
    return f"{random.getrandbits(128):032x}"
