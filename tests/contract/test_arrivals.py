"""Events as they arrive, on every adapter: writers commit late and in any order, and nothing is lost or returned twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opos.history.arrivals import LATE, READS_PER_SECOND, Arrivals, TooMany, arrivals
from shared.errors import Unavailable
from shared.events import day, document_id, iso
from shared.ports import Create, Store
from tests.support.fakes import FakeStore

NOW = datetime(2026, 11, 20, 23, 59, 58, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def event(name: str, received_at: datetime) -> Create:
    return Create(f"events/{name}", {"received_at": iso(received_at), "day": day(received_at), "source": "app"})


def put(store: Store, *names: str, at: datetime) -> None:
    store.commit([event(name, at) for name in names])


def ids(stream: Arrivals, now: datetime) -> list[str]:
    return [doc.id for doc in stream.new(now)]


class Write(NamedTuple):
    """An event of one of two writers: when its clock said that it arrived, and how much later the store has it."""

    received: int
    late: int

    @property
    def visible(self) -> int:
        return self.received + self.late


WRITES = st.lists(st.builds(Write, st.integers(0, 8), st.integers(0, 6)), max_size=8)
CHECKS = st.sets(st.integers(0, 16), max_size=6)


def played(store: Store, writes: Sequence[Write], checks: set[int]) -> list[list[str]]:
    """What each check returns, and one after all writes; the writes of the same second are in the store before the check."""
    stream, run = arrivals(store, now=NOW), document_id(iso(datetime.now(UTC)))[:16]
    named = [(write, f"{run}-{document_id(str(number))[:8]}-{number}") for number, write in enumerate(writes)]
    returned = []
    for second in range(18):
        for write, name in named:
            if write.visible == second:
                put(store, name, at=NOW + write.received * SECOND)
        if second in checks or second == 17:
            returned.append(ids(stream, NOW + second * SECOND))
    return returned


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=10)
@given(writes=WRITES, checks=CHECKS)
def test_every_event_is_returned_once_by_the_first_check_that_can_see_it(
    store: Store, writes: list[Write], checks: set[int]
) -> None:
    returned = played(store, writes, checks)
    moments = [*sorted(checks - {17}), 17]
    expected: list[list[tuple[int, int]]] = [[] for _ in moments]
    for number, write in enumerate(writes):
        first = next(place for place, moment in enumerate(moments) if moment >= write.visible)
        expected[first].append((write.received, number))
    shown = [[(writes[number].received, number) for number in numbers(batch)] for batch in returned]
    assert [sorted(batch) for batch in shown] == [sorted(batch) for batch in expected]
    assert all([received for received, _ in batch] == sorted(received for received, _ in batch) for batch in shown)


def numbers(batch: list[str]) -> list[int]:
    return [int(name.rpartition("-")[2]) for name in batch]


def test_what_is_there_at_the_beginning_is_not_new(store: Store) -> None:
    put(store, "a", at=NOW - SECOND)
    put(store, "ahead", at=NOW + 3 * SECOND)
    stream = arrivals(store, now=NOW)
    put(store, "b", at=NOW)
    assert ids(stream, NOW + SECOND) == ["b"]


def test_since_a_time_the_events_after_it_are_new_however_many_days_it_is(store: Store) -> None:
    since = NOW - timedelta(days=2)
    put(store, "before", at=since - SECOND)
    for name, at in {"third": NOW, "first": since, "second": since + timedelta(days=1)}.items():
        put(store, name, at=at)
    stream = arrivals(store, now=NOW, since=since)
    assert ids(stream, NOW) == ["first", "second", "third"]
    assert ids(stream, NOW + SECOND) == []


def test_more_events_since_a_time_than_fit_in_memory_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("opos.history.arrivals.MOST", 2)
    store, since = FakeStore(), NOW - timedelta(days=2)
    put(store, "before", at=since - SECOND)
    put(store, "first", at=since)
    put(store, "second", at=NOW)
    assert ids(arrivals(store, now=NOW, since=since), NOW) == ["first", "second"]
    put(store, "third", at=NOW)
    with pytest.raises(TooMany, match=r"at most 2 events since 2026-11-18T23:59:58\+00:00, found 3"):
        arrivals(store, now=NOW, since=since)
    assert ids(arrivals(store, now=NOW), NOW) == [], "without a time, those of today are not new"


def test_nothing_is_lost_while_the_machine_sleeps_for_days(store: Store) -> None:
    stream = arrivals(store, now=NOW)
    for days in (1, 2, 3):
        put(store, f"day-{days}", at=NOW + timedelta(days=days))
    assert ids(stream, NOW + timedelta(days=4)) == ["day-1", "day-2", "day-3"]


def test_an_event_of_yesterday_may_become_visible_after_midnight() -> None:
    store = FakeStore()
    stream = arrivals(store, now=NOW)
    assert ids(stream, NOW + 10 * SECOND) == []
    put(store, "late", at=NOW)
    assert ids(stream, NOW + LATE) == ["late"]


def test_a_check_that_fails_half_way_loses_nothing() -> None:
    store = FakeStore()
    stream = arrivals(store, now=NOW)
    put(store, "a", at=NOW)
    store.down = True
    with pytest.raises(Unavailable):
        ids(stream, NOW + SECOND)
    store.down = False
    assert ids(stream, NOW + 2 * SECOND) == ["a"]


def test_a_month_of_events_is_never_in_memory_at_once(store: Store) -> None:
    put(store, "a", "b", "c", at=NOW)
    stream = arrivals(store, now=NOW, since=NOW)
    coming = stream.new(NOW + SECOND)
    read = [(doc.id, stream.reads) for doc in coming]
    assert read == [("a", 4), ("b", 5), ("c", 6)]


def test_a_check_that_fails_between_two_events_goes_on_with_the_second() -> None:
    store = FakeStore()
    stream = arrivals(store, now=NOW)
    put(store, "a", "b", at=NOW)
    coming = stream.new(NOW + SECOND)
    assert next(coming).id == "a"
    store.down = True
    with pytest.raises(Unavailable):
        next(coming)
    store.down = False
    assert ids(stream, NOW + 2 * SECOND) == ["b"]


def test_a_check_reads_documents_only_if_something_has_arrived_and_the_next_waits_for_its_size() -> None:
    store = FakeStore()
    put(store, *(f"e{number:04}" for number in range(1200)), at=NOW)
    stream = arrivals(store, now=NOW)
    assert (ids(stream, NOW), stream.reads, stream.pause) == ([], 0, SECOND)
    put(store, "new", at=NOW)
    assert (ids(stream, NOW), stream.reads) == (["new"], 1202)
    assert stream.pause == timedelta(seconds=1202 / READS_PER_SECOND)


def test_what_is_kept_of_a_day_ends_with_the_day() -> None:
    store = FakeStore()
    put(store, "a", at=NOW)
    stream = arrivals(store, now=NOW)
    ids(stream, NOW + timedelta(days=2))
    ids(stream, NOW + timedelta(days=4))
    assert day(NOW) not in stream.seen
