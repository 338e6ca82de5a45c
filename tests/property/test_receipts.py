"""However sends, deadlines, late answers, other workers, outages and ends of processes interleave, no receipt is lost.

Two processes share a store. A receiver answers when the schedule says so, which is always after the worker's deadline.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import DeliveryError, Unavailable
from shared.ports import Create, Doc, Form, Notice, Receipt
from shared.process.shares import Shares
from shared.services.outbox.attempt import Attempt
from shared.services.outbox.delivery import begin, due, intent, retake
from shared.services.outbox.sends import Sends
from tests.support.fakes import FakeClock, FakeContext, FakeStore

PATH = "outbox/a"
LONG = 30.0
Answer = Literal["accepted", "refused", "busy", "accepted in an outage", "accepted and died", "died"]
ANSWERS: tuple[Answer, ...] = ("accepted", "refused", "busy", "accepted in an outage", "accepted and died", "died")


class ProcessEnded(BaseException):
    """Ends the thread of a call as the end of its process would: nothing more is written."""


@dataclass
class Sending:
    """A call that waits for the answer of the receiver."""

    answered: threading.Event = field(default_factory=threading.Event)
    answer: Answer = "accepted"


@dataclass
class Receiver:
    """The channel of one process: each call waits until the test answers it."""

    calls: list[Sending] = field(default_factory=list)
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    form: Form = field(default_factory=Form)

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002  (as the port has it)
        call = Sending()
        self.calls.append(call)
        assert len(self.calls) == 1, "this process has two calls for one message in flight"
        self.began.release()
        assert call.answered.wait(LONG)
        self.calls.remove(call)
        if call.answer.endswith("died"):
            raise ProcessEnded
        if call.answer == "refused":
            raise DeliveryError("rejected")
        if call.answer == "busy":
            raise DeliveryError("rate_limited", after=90)
        return Receipt("accepted", datetime(2026, 1, 1, tzinfo=UTC))

    def reach(self) -> bool:
        return False


@dataclass
class Process:
    context: FakeContext
    receiver: Receiver = field(default_factory=Receiver)
    attempt: Attempt | None = None
    """The one whose call is in flight."""
    has_receipt: bool = False
    """Whether the receiver has accepted the message from this process."""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.context.sends = Sends(Shares(deadline=0.0, soon=0.0))
        self.context.channels["desk"] = self.receiver  # type: ignore[assignment]
        self.attempt, self.has_receipt = None, False

    def take(self, attempt: Attempt | None) -> None:
        """Wait until the call of *attempt* has reached the receiver, or the attempt is over; then give it up."""
        if attempt is None or attempt.claim is None:
            return
        if not self.has_receipt:
            assert self.receiver.began.acquire(timeout=LONG)
            self.attempt = attempt
        assert attempt.outcome() == "pending" or self.has_receipt

    def sweep(self) -> None:
        for doc in due("outbox", self.context, limit=10):
            self.take(retake(doc, self.context))

    def answer(self, answer: Answer) -> None:
        """Let the receiver answer the call in flight, and wait until the attempt has ended."""
        attempt, self.attempt = self.attempt, None
        assert attempt is not None
        assert attempt.claim is not None
        (call,) = self.receiver.calls
        self.context.store.down = answer == "accepted in an outage"
        call.answer = answer
        call.answered.set()
        attempt.context.sends.shares.soon = LONG
        self._end(attempt)
        attempt.context.sends.shares.soon = 0.0
        self.context.store.down = False
        self.has_receipt = answer.startswith("accepted")
        if answer.endswith("died"):
            self.restart()

    @staticmethod
    def _end(attempt: Attempt) -> None:
        with suppress(Unavailable, ProcessEnded):
            attempt.outcome()


@dataclass
class World:
    store: FakeStore = field(default_factory=FakeStore)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.processes = [Process(FakeContext(store=self.store, clock=self.clock)) for _ in range(2)]

    def send(self) -> None:
        """The first process decides, and sends with the lease of its decision."""
        process = self.processes[0]
        content = intent(channel="desk", title="t", text="", severity="critical", now=self.clock.now())
        version = self.store.commit([Create(PATH, content)])[PATH]
        process.take(begin(Doc(PATH, dict(content), version), process.context))

    @property
    def message(self) -> dict[str, Any]:
        return self.store.docs[PATH].data

    def step(self, process: Process, answer: Answer | None) -> None:
        """The receiver answers the call of *process*; without an *answer* or a call, it sweeps when the wait is over."""
        if answer and process.attempt:
            process.answer(answer)
        else:
            self.clock.advance(minutes=31)
            process.sweep()

    def settle(self) -> None:
        """From now on, the receiver accepts everything."""
        for process in [*self.processes, *self.processes]:
            self.step(process, "accepted" if process.attempt else None)

    def promised(self) -> Iterator[str]:
        """What does not hold."""
        if any(process.has_receipt for process in self.processes) and not self.is_sent() and not self.has_kept():
            yield "a receipt is lost"
        if self.is_sent() and (self.message["receipt"] is None or self.message["due_at"] is not None):
            yield "a sent message has no receipt, or is due again"

    def is_sent(self) -> bool:
        return bool(self.message["state"] == "sent")

    def has_kept(self) -> bool:
        return any(PATH in process.context.sends.receipts for process in self.processes)


steps = st.lists(st.tuples(st.sampled_from([0, 1]), st.none() | st.sampled_from(ANSWERS)), max_size=12)


@given(steps)
def test_no_receipt_is_lost_no_process_sends_twice_at_once_and_every_message_is_sent(
    schedule: Sequence[tuple[int, Answer | None]],
) -> None:
    world = World()
    world.send()
    for number, answer in schedule:
        was_sent = world.is_sent()
        world.step(world.processes[number], answer)
        assert list(world.promised()) == []
        assert world.is_sent() or not was_sent, "a receipt was overwritten"
    world.settle()
    assert world.is_sent()
    assert list(world.promised()) == []
    assert all(process.attempt is None for process in world.processes)


def test_a_message_is_not_sent_again_while_its_call_is_in_flight() -> None:
    world = World()
    world.send()
    for _ in range(5):
        world.step(world.processes[0], None)
    assert len(world.processes[0].receiver.calls) == 1
    assert world.message["attempts"] == 1
    world.processes[0].answer("accepted")
    assert world.is_sent()


def test_another_process_takes_it_over_and_both_receipts_leave_one() -> None:
    world = World()
    world.send()
    first, second = world.processes
    world.step(second, None)
    first.answer("accepted")
    receipt = world.message["receipt"]
    second.answer("accepted")
    assert world.message["receipt"] == receipt
    assert world.clock.now() - datetime.fromisoformat(world.message["created_at"]) == timedelta(minutes=31)
