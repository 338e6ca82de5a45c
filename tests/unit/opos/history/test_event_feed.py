"""A feed shows each new event once, whatever the store does meanwhile, until its reader ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from opos.history.arrivals import arrivals
from opos.history.event_feed import feed
from shared.ports import Condition
from tests.support.fakes import FakeClock, FakeStore
from tests.unit.opos.history.test_event_list import event


class Store(FakeStore):
    """Unlike the fake, it does not count while it is down either."""

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        self._check()
        return super().count(collection, where=where)


@dataclass
class Play:
    """What happens during each wait: `put ID`, `down`, `up`, or nothing."""

    script: list[str]
    store: Store = field(default_factory=Store)
    clock: FakeClock = field(default_factory=FakeClock)
    warned: list[str] = field(default_factory=list)

    def wait(self, pause: timedelta) -> bool:
        self.clock.advance(seconds=pause.total_seconds())
        if not self.script:
            return False
        action, _, id = self.script.pop(0).partition(" ")
        self.store.down = {"down": True, "up": False}.get(action, self.store.down)
        if action == "put":
            self.store.commit([event(id, timedelta())])
        return True

    def ids(self) -> Iterator[str]:
        stream = arrivals(self.store, now=self.clock.now())
        for doc in feed(stream, now=self.clock.now, wait=self.wait, warn=self.warned.append):
            yield doc.id


def test_each_new_event_comes_once() -> None:
    play = Play(["", "put a", "", "put b", "put c"])
    play.store.commit([event("known", timedelta())])
    assert [*play.ids()] == ["a", "b", "c"]
    assert play.warned == []


def test_an_outage_is_reported_once_and_loses_nothing() -> None:
    play = Play(["put a", "down", "", "", "up", "put b", "down", "up"])
    assert [*play.ids()] == ["a", "b"]
    assert ["again." in text for text in play.warned] == [False, True, False, True]


def test_a_feed_ends_when_nobody_reads_it() -> None:
    assert [*Play([]).ids()] == []
