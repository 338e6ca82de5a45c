"""However the deliveries of a large event interleave, repeat and break off, each of its signals is decided once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.alert_router import handler
from shared.alerting.decision import undecided, with_alert_ids
from shared.errors import Unavailable
from shared.events import Alert, BusinessEvent, EventAccepted, Signal
from shared.ports import Write
from tests.property.test_interleaving import Turnstile, until_it_commits
from tests.support.events import accepted, disk_full, new_customer, route_whole
from tests.support.fakes import FakeContext


@dataclass
class Breaking(Turnstile):
    """Loses the answer to some commits, which are made nevertheless: the worker ends before it publishes the rest."""

    breaks: set[int] = field(default_factory=set)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        versions = super().commit(writes)
        if self.scheduled and len(self.commits) in self.breaks:
            raise Unavailable("the answer is lost")
        return versions


def delivered(message: EventAccepted, context: FakeContext) -> None:
    """Deliver until the event is handled: a delivery that fails is repeated."""
    while True:
        try:
            until_it_commits(lambda: route_whole(message, context))
        except Unavailable:
            continue
        return


SIGNALS = st.lists(
    st.one_of(
        st.builds(disk_full, st.sampled_from(["warning", "critical"]), st.sampled_from("abcdefgh")),
        st.just(new_customer()),
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(
    signals=SIGNALS,
    deliveries=st.integers(1, 3),
    breaks=st.sets(st.integers(1, 8), max_size=3),
    schedule=st.lists(st.integers(0, 5), min_size=1, max_size=30),
)
def test_each_signal_of_a_large_event_is_decided_once(
    signals: list[Signal], deliveries: int, breaks: set[int], schedule: list[int]
) -> None:
    store = Breaking(breaks=breaks)
    context = FakeContext(store=store)
    message = accepted(context, "d1", *signals)
    with patch.object(handler, "BATCH", 3), patch.object(handler, "PORTIONS", 2):
        store.run([lambda: delivered(message, context)] * deliveries, schedule)
    (event,) = store.query("events")
    decisions = event.data["handled"]["alert_router"]["decisions"]
    expected = Counter(id for id, _ in with_alert_ids(message))
    assert event.data["state"] == "handled"
    assert Counter(decision["alert"] for decision in decisions) == expected
    assert {alert.id: alert.data["count"] for alert in store.query("alerts")} == expected


@given(signals=SIGNALS, cut=st.integers(0, 12))
def test_what_is_undecided_follows_from_what_is_decided_and_what_may_notify_comes_first(
    signals: list[Signal], cut: int
) -> None:
    message = accepted(FakeContext(), "d1", *signals)
    order = undecided(message, ())
    done = [{"alert": id} for id, _ in order[:cut]]
    assert undecided(message, done) == order[cut:]
    loud = [id for id, signal in order if isinstance(signal, Alert) and signal.severity == "critical"]
    assert {id for id, _ in order[: len([id for id, _ in order if id in loud])]} == set(loud)
    for id in dict(order):
        assert [signal for other, signal in order if other == id] == [
            signal for other, signal in with_alert_ids(message) if other == id
        ]
    assert sum(isinstance(signal, BusinessEvent) for _, signal in order) == signals.count(new_customer())
