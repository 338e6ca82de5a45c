"""What the runtime hands to a handler."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.runtime.ports import Ports

if TYPE_CHECKING:
    from shared.flags import FlagSet


class Invocation(Ports):
    """One run of a handler: the ports of its process, with a time and a trace of its own.

    It shares the dictionary in which `once` keeps the ports, so all invocations use a port that one of them makes.
    Where a `main.py` passes its handler to the runtime, mypy checks that this is the context that the handler asks for.
    """

    __slots__ = ("_began", "now", "trace")

    def __init__(self, process: Ports, now: datetime, trace: str, began: float) -> None:
        self.__dict__ = process.__dict__
        self.now = now
        self.trace = trace
        self._began = began

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def flags(self) -> "FlagSet":
        known = self.overrides.current(self.now)
        return self.watched_flags.current().under(known.variants, is_stale=known.is_stale)

    def operator(self, headers: Mapping[str, str]) -> str:
        return self.callers.operator(headers, self.operators, self.now)

    def user(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        return self.users.claims(headers, self.now)
