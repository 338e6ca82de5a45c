"""However deliveries, redeliveries, acknowledgements and sweeps interleave, the end is that of the ordered run.

Each runs in a thread of its own and stops before each commit until the schedule lets it go on, so that all of them may
decide on what another is just about to change.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.alert_router.handler import handle
from functions.sweeper.alert_timers import end_timers, escalate_due
from shared.errors import AlreadyExists, Conflict
from shared.events import EventAccepted
from shared.ports import Write
from shared.services.alerting.acknowledgement import act_on_group
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext, FakeStore

Step = Callable[[], object]


@dataclass
class Turnstile(FakeStore):
    """Lets one thread at a time through to its next commit, in the order that it is told."""

    arrived: threading.Condition = field(default_factory=threading.Condition)
    waiting: set[int] = field(default_factory=set)
    let_go: set[int] = field(default_factory=set)
    mine: ContextVar[int] = field(default_factory=lambda: ContextVar("mine"))
    """The number of the step. A thread that a step starts to send a message has its number too."""
    scheduled: bool = False

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        if self.scheduled:
            self.wait_for_turn(self.mine.get())
        return super().commit(writes)

    def wait_for_turn(self, number: int) -> None:
        with self.arrived:
            self.waiting.add(number)
            self.arrived.notify_all()
            assert self.arrived.wait_for(lambda: number in self.let_go, timeout=300)
            self.let_go.discard(number)

    def run(self, steps: list[Step], schedule: list[int]) -> None:
        """All *steps* at once; *schedule* says who of those that wait goes on next."""
        faults: list[BaseException] = []
        running = set(range(len(steps)))

        def body(number: int) -> None:
            self.mine.set(number)
            try:
                steps[number]()
            except BaseException as fault:  # noqa: BLE001
                faults.append(fault)
            with self.arrived:
                running.discard(number)
                self.arrived.notify_all()

        self.scheduled = True
        threads = [threading.Thread(target=body, args=(number,)) for number in range(len(steps))]
        for thread in threads:
            thread.start()
        turn = 0
        while running:
            with self.arrived:
                assert self.arrived.wait_for(lambda: self.waiting >= running, timeout=300)
                if not running:
                    break
                ready = sorted(self.waiting & running)
                chosen = ready[schedule[turn % len(schedule)] % len(ready)]
                turn += 1
                self.waiting.discard(chosen)
                self.let_go.add(chosen)
                self.arrived.notify_all()
                assert self.arrived.wait_for(lambda n=chosen: n in self.waiting or n not in running, timeout=300)  # type: ignore[misc]
        for thread in threads:
            thread.join()
        self.scheduled = False
        assert faults == []


def until_it_commits(run: Step) -> None:
    """As the entry does it, but for its locks and its waiting: here the schedule decides who is quicker."""
    while True:
        try:
            run()
        except (Conflict, AlreadyExists):
            continue
        return


def statements(context: FakeContext, said: list[str]) -> list[EventAccepted]:
    """What a sender says, a second apart."""
    messages = []
    for number, status in enumerate(said):
        context.clock.advance(seconds=1)
        messages.append(accepted(context, f"d{number}", disk_full(status=status)))
    return messages


def end(store: FakeStore) -> Any:
    (alert,) = store.query("alerts")
    names = ("state", "severity", "said_at", "ended_at", "group", "calls_at", "until")
    return {
        name: alert.data[name] is not None if name in {"group", "calls_at", "until"} else alert.data[name]
        for name in names
    }


def ordered(said: list[str], *, acknowledged: bool) -> Any:
    context = FakeContext()
    for message in statements(context, said):
        handle(message, context)
    settle(context, acknowledged=acknowledged)
    return end(context.store)


def settle(context: FakeContext, *, acknowledged: bool) -> None:
    """Everything that is due is told, and then perhaps acknowledged."""
    context.clock.advance(minutes=2)
    end_timers(context)
    if acknowledged:
        acknowledge(context)


def acknowledge(context: FakeContext) -> None:
    for group in list(context.store.query("groups")):
        act_on_group(group.id, "acknowledge", context, by="link")


SAID = st.lists(st.sampled_from(["firing", "firing", "resolved"]), min_size=1, max_size=4)
SCHEDULES = st.lists(st.integers(0, 5), min_size=1, max_size=40)


@given(
    said=SAID,
    again=st.sets(st.integers(0, 3)),
    sweeps=st.integers(0, 2),
    schedule=SCHEDULES,
    acknowledged=st.booleans(),
)
def test_any_interleaving_ends_as_the_ordered_run_and_each_step_pages_at_most_once(
    said: list[str], again: set[int], sweeps: int, schedule: list[int], *, acknowledged: bool
) -> None:
    store = Turnstile()
    context = FakeContext(store=store)
    messages = statements(context, said)
    messages += [messages[n] for n in again if n < len(messages)]
    later = FakeContext(store=store, bus=context.bus, channels=context.channels)
    later.clock.moment = context.now + timedelta(minutes=90)
    steps: list[Step] = [lambda m=message: until_it_commits(lambda: handle(m, context)) for message in messages]  # type: ignore[misc]
    steps += [lambda: (end_timers(later), escalate_due(later))] * sweeps
    steps += [lambda: acknowledge(context)]
    store.run(steps, schedule)
    context.clock.moment = later.now
    settle(context, acknowledged=acknowledged)
    if "resolved" in said or acknowledged:
        expected = ordered(said, acknowledged=acknowledged)
        found = end(store)
        if not acknowledged and expected["state"] == "firing" and found["state"] == "acknowledged":
            found["state"], found["until"], found["calls_at"] = "firing", expected["until"], expected["calls_at"]
        assert found["state"] == expected["state"]
        assert (found["said_at"], found["severity"]) == (expected["said_at"], expected["severity"])
    judge_pages(store)


def judge_pages(store: FakeStore) -> None:
    pages = [doc.data for doc in store.query("outbox") if "resolves" not in doc.data]
    (group,) = list(store.query("groups")) or [None]
    assert len(pages) == (group.data["pages"] if group else 0)
    steps = Counter((page["ack"]["call"], page["cause"]["kind"], page["cause"]["step"]) for page in pages)
    assert {step: count for step, count in steps.items() if count > 1 and step[1] != "joined"} == {}
    assert all(doc.data["state"] == "handled" for doc in store.query("events"))


@given(sweeps=st.integers(2, 4), schedule=SCHEDULES)
def test_sweeps_that_run_at_once_page_once_for_each_step(sweeps: int, schedule: list[int]) -> None:
    store = Turnstile()
    context = FakeContext(store=store)
    for message in statements(context, ["firing"]):
        handle(message, context)
    context.clock.advance(minutes=31)
    store.run([lambda: escalate_due(context)] * sweeps, schedule)
    assert len(list(store.query("outbox"))) == 2
    judge_pages(store)
