"""The calls in flight to each receiver, limited so that a receiver that hangs cannot hold every worker.

A call that passes its deadline goes on without its caller, because the receiver may have accepted the message and may
still say so. Until then it keeps its part of the receiver's share.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from shared.process.deadline import Call

T = TypeVar("T")


@dataclass
class Shares:
    """At most `most` calls in flight for each receiver, and one for each key. All times are in seconds."""

    deadline: float = 10.0
    """How long a caller waits for its call. A call opens no connection after it."""
    soon: float = 1.0
    """How long a caller waits if others wait already, if the receiver has missed a deadline, or for its share."""
    life: float = 300.0
    """How long a call may go on without its caller. The next claim for the same receiver cuts it."""
    most: int = 4
    patient: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(4))
    """How many callers may wait longer than `soon` at the same time, for all receivers together."""
    _claims: "dict[str, Claim[object]]" = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def claim(self, receiver: str, key: str) -> "Claim[T] | None":
        """The right to make one call; None if the share is used up, or if a call with this *key* is in flight."""
        with self._changed:
            others = self._of(receiver)
            for claim in others:
                claim.cut(after=self.life)
            oldest = min((claim.began for claim in others), default=0.0)
            patience = max(0.0, oldest + self.soon - monotonic())
            free = self._changed.wait_for(lambda: len(self._of(receiver)) < self.most, patience)
            if not free or key in self._claims:
                return None
            claimed: Claim[T] = Claim(self, receiver, key)
            self._claims[key] = claimed  # type: ignore[assignment]
            return claimed

    def release(self, key: str) -> None:
        with self._changed:
            del self._claims[key]
            self._changed.notify_all()

    def has(self, key: str) -> bool:
        """Whether a call with this *key* is in flight."""
        with self._changed:
            return key in self._claims

    def has_missed(self, receiver: str) -> bool:
        """Whether a call to *receiver* goes on after its caller has given it up."""
        with self._changed:
            return any(claim.given_up for claim in self._of(receiver))

    def _of(self, receiver: str) -> "list[Claim[object]]":
        return [claim for claim in self._claims.values() if claim.receiver == receiver]


@dataclass
class Claim(Generic[T]):
    """The right to make one call: either `start` it, or `drop` the claim."""

    shares: Shares
    receiver: str
    key: str
    began: float = field(default_factory=monotonic)
    given_up: bool = False
    _call: Call[T] | None = None

    def start(self, work: Callable[[], T]) -> None:
        try:
            self._call = Call(work, self.shares.deadline, self.drop)
        except BaseException:
            self.drop()  # the system has no thread left
            raise

    def drop(self) -> None:
        self.shares.release(self.key)

    @property
    def was_cut(self) -> bool:
        return self._call is not None and self._call.was_cut

    def is_over(self) -> bool:
        """Whether the call ended soon."""
        return self._started.is_over(by=self.shares.soon)

    def result(self) -> T:
        """What the call returned. Raises what it raised, or TimeoutError when its caller has waited long enough."""
        if not self.is_over() and not self._ended_in_time():
            self.given_up = True
            raise TimeoutError
        return self._started.result()

    def cut(self, *, after: float) -> None:
        """Cut the call if it began more than *after* seconds ago."""
        if self._call and monotonic() - self.began > after:
            self._call.cut()

    def _ended_in_time(self) -> bool:
        shares = self.shares
        if shares.has_missed(self.receiver) or not shares.patient.acquire(blocking=False):
            return False
        try:
            return self._started.is_over(by=shares.deadline)
        finally:
            shares.patient.release()

    @property
    def _started(self) -> Call[T]:
        if self._call is None:
            raise ValueError("expected a call that was started, found none")
        return self._call
