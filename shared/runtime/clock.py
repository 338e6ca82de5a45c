"""The machine's clock, and random ids."""

import random
import secrets
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    """A random id of 32 hex digits that nobody can guess."""
    return secrets.token_hex(16)


def new_trace() -> str:
    """A random W3C trace id. It is no secret, so it comes from a generator that is faster than that of `new_id`."""
    return f"{random.getrandbits(128):032x}"
