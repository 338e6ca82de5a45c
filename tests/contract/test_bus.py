"""The contract of the Bus on SQLite: durable, at least once, with retries, and dead letters for failed messages."""

import base64
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.local_bus.bus import Delivery, LocalBus
from shared.adapters.local_bus.pump import Pump
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.errors import AlreadyExists
from shared.events import Alert, DigestDue, EventAccepted, Message, Tick
from shared.ports import Create
from tests.support.fakes import FakeClock

DUE = DigestDue(queue="digest", reason="size")


@dataclass
class Functions:
    """Answers pushes; keeps them."""

    answer: Callable[[str], int] = lambda _function: 200
    pushed: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def push(self, function: str, path: str, body: dict[str, Any]) -> int:
        self.pushed.append((function, path, body))
        return self.answer(function)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_bus(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[], LocalBus]]:
    """Opens the same file anew, as another process would."""
    numbers, opened = count(1), list[Database]()

    def open_one() -> LocalBus:
        opened.append(Database(tmp_path / "opos.db"))
        return LocalBus(opened[-1], clock, lambda: f"m{next(numbers)}")

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def bus(open_bus: Callable[[], LocalBus]) -> LocalBus:
    return open_bus()


def test_a_message_is_pushed_as_pubsub_pushes_it_and_then_gone(bus: LocalBus) -> None:
    functions = Functions()
    bus.publish(DUE)
    assert Pump(bus, functions.push).drain() == 1
    ((function, path, body),) = functions.pushed
    assert (function, path) == ("digest_sender", "/projects/local/topics/digests")
    assert set(body) == {"message", "subscription"}
    assert set(body["message"]) == {"data", "attributes", "messageId", "publishTime"}
    assert Pump(bus, functions.push).drain() == 0


def test_a_published_message_outlives_its_process(open_bus: Callable[[], LocalBus]) -> None:
    open_bus().publish(DUE)
    functions = Functions()
    assert Pump(open_bus(), functions.push).drain() == 1


def test_a_message_whose_deliverer_died_is_delivered_again_at_once(open_bus: Callable[[], LocalBus]) -> None:
    bus = open_bus()
    bus.publish(DUE)
    assert len(bus.take(10)) == 1
    assert Pump(open_bus(), Functions().push).drain() == 1


def test_a_refused_message_waits_twice_as_long_each_time(bus: LocalBus, clock: FakeClock) -> None:
    functions = Functions(answer=lambda _function: 500)
    pump = Pump(bus, functions.push)
    bus.publish(DUE)
    for wait in (10, 20, 40):
        assert pump.drain() == 1
        clock.advance(seconds=wait - 0.001)
        assert pump.drain() == 0
        clock.advance(seconds=0.001)
    assert len(functions.pushed) == 3


def test_after_five_attempts_a_message_goes_to_the_dead_letters_with_its_origin(
    bus: LocalBus, clock: FakeClock
) -> None:
    functions = Functions(answer=lambda function: 200 if function == "sweeper" else 500)
    pump = Pump(bus, functions.push)
    bus.publish(DUE)
    for _ in range(5):
        pump.drain()
        clock.advance(hours=1)
    *attempts, (function, path, body) = functions.pushed
    assert [attempt[0] for attempt in attempts] == ["digest_sender"] * 5
    assert (function, path) == ("sweeper", "/projects/local/topics/dead-letters")
    assert body["message"]["attributes"]["CloudPubSubDeadLetterSourceSubscription"] == "digest-sender"
    assert body["message"]["data"] == attempts[0][2]["message"]["data"]


def test_a_dead_letter_that_cannot_be_recorded_is_kept_and_tried_for_good(bus: LocalBus, clock: FakeClock) -> None:
    functions = Functions(answer=lambda _function: 500)
    pump = Pump(bus, functions.push)
    bus.publish(DUE)
    for _ in range(30):
        pump.drain()
        clock.advance(hours=1)
    assert functions.pushed[-1][0] == "sweeper"
    functions.answer = lambda _function: 200
    assert pump.drain() == 1


def test_a_failing_subscription_does_not_hold_up_another(bus: LocalBus) -> None:
    functions = Functions(answer=lambda function: 500 if function == "digest_sender" else 200)
    bus.publish(DUE)
    bus.publish(Tick())
    Pump(bus, functions.push).drain()
    assert [function for function, _, _ in functions.pushed] == ["digest_sender", "sweeper"]


def test_a_message_for_a_subscription_of_another_version_waits_and_holds_up_nobody(bus: LocalBus) -> None:
    functions = Functions()
    bus.publish(DUE)
    bus.database.write(lambda db: db.execute("UPDATE messages SET subscription = 'of-another-version'"))
    bus.publish(Tick())
    assert Pump(bus, functions.push).drain() == 1
    bus.database.write(lambda db: db.execute("UPDATE messages SET subscription = 'digest-sender'"))
    assert Pump(bus, functions.push).drain() == 1


def test_a_pump_survives_a_fault_of_any_kind(bus: LocalBus) -> None:
    functions, failed = Functions(), threading.Event()

    class Faulty(LocalBus):
        def take(self, limit: int, *, bulk: int | None = None, busy: Sequence[int] = ()) -> list[Delivery]:
            if not failed.is_set():
                failed.set()
                raise RuntimeError("a bug")
            return super().take(limit, bulk=bulk, busy=busy)

    pump = Pump(Faulty(bus.database, bus.clock, bus.new_id), functions.push)
    pump.start()
    assert failed.wait(30)
    pump.bus.publish(DUE)
    deadline = time.monotonic() + 30
    while not functions.pushed and time.monotonic() < deadline:
        time.sleep(0.01)
    pump.stop()
    assert len(functions.pushed) == 1


def test_started_pump_delivers_what_is_published_and_stops_without_losing_any(bus: LocalBus) -> None:
    functions = Functions()
    pump = Pump(bus, functions.push)
    pump.start()
    for _ in range(50):
        bus.publish(DUE)
    pump.stop()
    assert len(functions.pushed) + Pump(bus, functions.push).drain() >= 50
    assert Pump(bus, functions.push).drain() == 0


def test_a_document_and_the_message_about_it_are_written_in_one_commit(bus: LocalBus) -> None:
    versions: list[str] = []

    def about(version: str) -> DigestDue:
        versions.append(version)
        return DigestDue(queue=version, reason="size")

    bus.publish_with(Create("events/a", {"n": 1}), about)
    doc = SqliteStore(bus.database).get("events/a")
    assert doc is not None
    assert versions == [doc.version]
    functions = Functions()
    assert Pump(bus, functions.push).drain() == 1
    sent = base64.b64decode(functions.pushed[0][2]["message"]["data"])
    assert DigestDue.model_validate_json(sent).queue == doc.version


def test_a_document_that_exists_is_not_told_of_again(bus: LocalBus) -> None:
    bus.publish_with(Create("events/a", {"n": 1}), lambda _: DUE)
    with pytest.raises(AlreadyExists, match="events/a"):
        bus.publish_with(Create("events/a", {"n": 2}), lambda _: DUE)
    assert len(bus.take(10)) == 1


def test_several_messages_and_the_documents_that_they_are_about_are_one_commit(bus: LocalBus) -> None:
    bus.publish_all([DUE, DUE], [Create("events/a", {"n": 1}), Create("events/b", {"n": 1})])
    assert len(bus.take(10)) == 2
    with pytest.raises(AlreadyExists, match="events/a"):
        bus.publish_all([DUE], [Create("events/c", {"n": 1}), Create("events/a", {"n": 2})])
    assert SqliteStore(bus.database).get("events/c") is None
    assert len(bus.take(10)) == 2


def test_only_what_must_survive_the_loss_of_power_is_waited_for_until_it_is_on_the_disk(bus: LocalBus) -> None:
    def level(*, survives_power_loss: bool) -> int:
        ask = "PRAGMA synchronous"
        row = bus.database.write(lambda db: db.execute(ask).fetchone(), survives_power_loss=survives_power_loss)
        return int(row[0])

    normal, full = 1, 2  # SQLite, "PRAGMA synchronous"
    assert [level(survives_power_loss=survives) for survives in (True, False, True)] == [full, normal, full]


def accepted(id: str, *severities: str) -> EventAccepted:
    signals = tuple(Alert(fingerprint=id, title=id, severity=severity) for severity in severities)
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    return EventAccepted(id=id, version="1", source="app", type="t", received_at=at, trace="0" * 32, signals=signals)


@pytest.mark.parametrize("urgent", [accepted("a", "critical"), accepted("a", "info", "who knows"), Tick()])
def test_what_may_page_is_delivered_before_what_waits_for_a_digest(bus: LocalBus, urgent: Message) -> None:
    for n in range(3):
        bus.publish(accepted(f"w{n}", "warning", "info"))
    bus.publish(DUE)
    bus.publish(urgent)
    (first,) = bus.take(1)
    assert first.topic == urgent.topic
    assert type(urgent).model_validate_json(first.data) == urgent


def test_an_urgent_message_that_was_refused_waits_and_is_then_urgent_again(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(accepted("a", "critical"))
    bus.refuse(bus.take(1)[0])
    bus.publish(accepted("w", "warning"))
    assert not any(delivery.is_urgent for delivery in bus.take(3))
    clock.advance(minutes=10)
    assert bus.take(1)[0].is_urgent


def test_the_rest_of_an_event_that_is_published_later_is_not_urgent(bus: LocalBus) -> None:
    bus.publish(accepted("a", "critical"), later=True)
    bus.publish(accepted("b", "critical"))
    taken = [delivery for delivery in bus.take(4) if delivery.subscription.name == "alert-router"]
    assert [delivery.is_urgent for delivery in taken] == [False, True]


def test_what_is_urgent_to_the_router_waits_its_turn_where_nobody_is_notified(bus: LocalBus) -> None:
    bus.publish(accepted("w", "warning"))
    bus.publish(accepted("c", "critical"))
    assert {delivery.subscription.name for delivery in bus.take(4) if delivery.is_urgent} == {"alert-router"}


def test_no_more_messages_are_taken_than_may_be_of_each_kind(bus: LocalBus) -> None:
    for n in range(5):
        bus.publish(accepted(f"w{n}", "warning"))
        bus.publish(accepted(f"c{n}", "critical"))
    assert [delivery.is_urgent for delivery in bus.take(7, bulk=0)] == [True] * 5
    assert [delivery.is_urgent for delivery in bus.take(7, bulk=3)].count(False) == 2
    assert [delivery.is_urgent for delivery in bus.take(7, bulk=-1)].count(False) == 0


def test_a_message_that_an_earlier_release_left_as_urgent_is_urgent(bus: LocalBus) -> None:
    bus.publish(accepted("a", "critical"))
    bus.database.write(lambda db: db.execute("UPDATE messages SET due_at = '' WHERE subscription = 'alert-router'"))
    assert [delivery.is_urgent for delivery in bus.take(2, bulk=0)] == [True]


def test_an_urgent_message_finds_a_worker_though_others_keep_all_that_they_may_have(bus: LocalBus) -> None:
    release, critical = threading.Event(), threading.Event()

    def answer(function: str) -> int:
        if function == "sweeper":
            critical.set()
        else:
            release.wait(60)
        return 200

    pump = Pump(bus, Functions(answer=answer).push)
    for n in range(20):
        bus.publish(accepted(f"w{n}", "warning"))
    pump.start()
    bus.publish(Tick())
    assert critical.wait(30)
    release.set()
    pump.stop()


def test_messages_of_a_clock_that_has_been_set_back_leave_workers_to_urgent_ones(tmp_path: Path) -> None:
    clock = FakeClock()
    bus = LocalBus(Database(tmp_path / "opos.db"), clock, (str(n) for n in count()).__next__)
    for hours in (0, -6):
        clock.advance(hours=hours)
        for n in range(6):
            bus.publish(accepted(f"w{hours}{n}", "warning"))
    bus.publish(Tick())
    taken = bus.take(8, bulk=4)
    assert [delivery.is_urgent for delivery in taken].count(False) == 4
    assert [delivery.is_urgent for delivery in taken].count(True) == 1


def test_a_message_of_a_clock_that_has_been_set_back_since_is_delivered(tmp_path: Path) -> None:
    clock = FakeClock()
    bus = LocalBus(Database(tmp_path / "opos.db"), clock, iter("ab").__next__)
    bus.publish(DUE)
    clock.advance(hours=-6)
    (delivery,) = bus.take(1)
    bus.refuse(delivery)
    assert bus.take(1) == []
    clock.advance(seconds=10)
    assert len(bus.take(1)) == 1
