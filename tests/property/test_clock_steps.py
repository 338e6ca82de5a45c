"""However the clock steps: two minutes after the last step nothing hangs, and nothing is lost."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.alert_router.handler import handle as route
from functions.digest_sender.handler import handle as send_digest
from functions.sweeper.handler import sweep
from shared.events import DigestDue, EventAccepted, Tick, iso
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext

NAMES = ("disk", "api")
MINUTE = 60
SMALL = 10 * MINUTE
steps = st.sampled_from([-86_400, -6 * 3600, -3600, -150, 150, 3600, 6 * 3600, 86_400])
acts = st.one_of(
    st.tuples(st.just("fires"), st.sampled_from(NAMES), st.sampled_from(["critical", "warning"])),
    st.tuples(st.just("resolves"), st.sampled_from(NAMES), st.just("critical")),
    st.tuples(st.just("passes"), st.sampled_from([5, 61, 600])),
    st.tuples(st.just("steps"), steps),
)


@dataclass
class Desk:
    """A bundle over fakes, in which time passes and the clock steps."""

    context: FakeContext = field(default_factory=FakeContext)
    delivered: int = 0
    sent: int = 0

    def send(self, name: str, status: str, severity: str) -> None:
        self.sent += 1
        accepted(self.context, f"d{self.sent}", disk_full(severity, name, status=status, labels={"alertname": name}))
        self.deliver()

    def deliver(self) -> None:
        while self.delivered < len(self.context.bus.published):
            message = self.context.bus.published[self.delivered]
            self.delivered += 1
            if isinstance(message, EventAccepted):
                route(message, self.context)
            if isinstance(message, DigestDue):
                send_digest(message, self.context)

    def passes(self, seconds: float) -> None:
        """Time passes, with a sweep each minute."""
        self.context.clock.advance(seconds=seconds % MINUTE)
        for _ in range(int(seconds // MINUTE)):
            self.context.clock.advance(seconds=MINUTE)
            sweep(Tick(), self.context)
            self.deliver()

    def states(self) -> dict[str, str]:
        docs = [doc.data for doc in self.context.store.query("alerts") if doc.data["source"] == "github"]
        return {doc["labels"]["alertname"]: doc["state"] for doc in docs}

    def act(self, what: str, *given: object) -> None:
        if what == "steps":
            seconds = float(str(given[0]))
            self.context.clock.advance(seconds=seconds)
            if seconds > 0:
                self.passes(MINUTE)  # a wrong clock is seen by a sweep before it is set back
        elif what == "passes":
            self.passes(float(str(given[0])))
        else:
            self.send(str(given[0]), "resolved" if what == "resolves" else "firing", str(given[1]))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(history=st.lists(acts, max_size=12), last=steps)
@example(history=[("fires", "disk", "critical")], last=-6 * 3600)
@example(history=[("fires", "disk", "critical"), ("resolves", "disk", "critical")], last=-6 * 3600)
def test_after_any_steps_of_the_clock_an_alert_fires_notifies_and_resolves_as_ever(
    history: list[tuple[object, ...]], last: int
) -> None:
    desk = Desk()
    desk.passes(61)
    for what, *given_ in history:
        desk.act(str(what), *given_)
    desk.act("steps", last)
    if abs(last) < SMALL:
        desk.passes(2 * MINUTE)  # until then, what arrived just before the step may count as later
    for name in NAMES:
        desk.send(name, "firing", "critical")
    assert set(desk.states().values()) == {"firing"}
    desk.passes(2 * MINUTE)
    told = [doc.data["told_at"] for doc in desk.context.store.query("alerts") if doc.data["state"] == "firing"]
    assert all(told)
    for name in NAMES:
        desk.send(name, "resolved", "critical")
    assert set(desk.states().values()) == {"resolved"}


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(history=st.lists(acts, max_size=8), back=st.sampled_from([-86_400, -6 * 3600, -3600]))
@example(history=[("fires", "disk", "warning")], back=-6 * 3600)
def test_after_a_step_back_no_item_waits_longer_than_its_digest_and_two_sweeps(
    history: list[tuple[object, ...]], back: int
) -> None:
    desk = Desk()
    desk.passes(61)
    for what, *given_ in history:
        desk.act(str(what), *given_)
    desk.act("steps", back)
    desk.passes(8 * MINUTE)
    waiting = [doc for doc in desk.context.store.query("alerts") if doc.data["pending"]]
    now, limit = iso(desk.context.now), desk.context.now - timedelta(minutes=7)
    assert [doc.path for doc in waiting if not iso(limit) <= doc.data["pending"]["since"] <= now] == []
    unsent = [doc.data for doc in desk.context.store.query("outbox") if doc.data["state"] in {"pending", "sending"}]
    assert [message for message in unsent if "resolves" not in message] == []
    # A notice of what flaps waits on purpose, for ten minutes.
    assert [notice for notice in unsent if notice["due_at"] > iso(desk.context.now + timedelta(minutes=10))] == []
