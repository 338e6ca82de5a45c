"""A list has the newest events of a selection, whatever the days and however many there are, after bounded reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.history.event_list import AGE, Selection, entry, latest, line
from opos.terminal.times import OperatorClock
from shared.events import day, iso
from shared.ports import Create
from tests.support.fakes import FakeStore
from tests.support.operation_counter import CountingStore

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CLOCK = OperatorClock(UTC, NOW)
HOUR = timedelta(hours=1)


def event(id: str, age: timedelta, **fields: Any) -> Create:
    at = NOW - age
    data = {
        "id": id, "source": "app", "type": "trouble", "subject": "Disk full", "received_at": iso(at), "day": day(at),
        "state": "handled", "quarantine": None, "repeats": "", "handled": {}, **fields,
    }  # fmt: skip
    return Create(f"events/{id}", data)


def listed(store: FakeStore, limit: int = 20, **selection: Any) -> list[str]:
    return [doc.id for doc in latest(store, Selection(**selection), NOW, limit=limit).docs]


def store(*events: Create) -> FakeStore:
    kept = FakeStore()
    kept.commit(events)
    return kept


@given(st.lists(st.integers(-1, 24 * 7 - 1), max_size=12), st.integers(1, 5))
def test_the_newest_come_first_over_all_days(ages: list[int], limit: int) -> None:
    events = [event(f"e{number}", age * HOUR) for number, age in enumerate(ages)]
    newest = sorted(range(len(ages)), key=lambda number: (-ages[number], f"e{number}"), reverse=True)
    assert listed(store(*events), limit) == [f"e{number}" for number in newest[:limit]]


def test_a_list_goes_back_for_a_week_and_further_if_asked() -> None:
    kept = store(event("new", HOUR), event("old", AGE + HOUR))
    assert listed(kept) == ["new"]
    assert listed(kept, since=NOW - AGE - 2 * HOUR) == ["new", "old"]
    assert listed(kept, since=NOW - timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"source": "stripe"}, ["a"]), ({"type": "charge.*"}, ["a"]), ({"type": "charge"}, []),
        ({"state": "accepted"}, ["b"]), ({"state": "handled"}, ["a", "c", "e"]), ({"state": "dead"}, ["d"]),
        ({"state": "quarantined"}, ["c"]), ({"state": "repeat"}, ["e"]), ({"source": "stripe", "state": "dead"}, []),
    ],
)  # fmt: skip
def test_a_selection_names_source_type_and_state(selection: dict[str, str], expected: list[str]) -> None:
    kept = store(
        event("a", HOUR, source="stripe", type="charge.failed"), event("b", 2 * HOUR, state="accepted"),
        event("c", 3 * HOUR, quarantine="no title"), event("d", 4 * HOUR, state="dead"),
        event("e", 5 * HOUR, repeats="a"),
    )  # fmt: skip
    assert listed(kept, **selection) == expected


@pytest.mark.parametrize("state", ["quarantined", "dead", "accepted"])
def test_a_backlog_is_listed_whole_however_old(state: str) -> None:
    fields: dict[str, str] = {"quarantine": "no title"} if state == "quarantined" else {"state": state}
    kept = CountingStore(store(event("old", timedelta(days=300), **fields)))
    assert [doc.id for doc in latest(kept, Selection(state=state), NOW, limit=20).docs] == ["old"]
    assert kept.billed["reads"] == 1


def test_a_list_reads_days_only_until_it_has_enough() -> None:
    kept = CountingStore(store(*(event(f"e{number}", number * 24 * HOUR) for number in range(7))))
    latest(kept, Selection(), NOW, limit=2)
    assert kept.billed["reads"] == 1 + 2


@pytest.mark.parametrize(("events", "is_whole"), [(10, True), (11, False), (500, False)])
def test_a_list_says_if_it_has_not_read_everything(events: int, is_whole: bool) -> None:  # noqa: FBT001
    kept = CountingStore(store(*(event(f"e{number}", timedelta(seconds=number)) for number in range(events))))
    read = latest(kept, Selection(), NOW, limit=20, most=10)
    assert read.is_whole == is_whole
    assert kept.billed["reads"] <= 1 + 11


def test_an_empty_store_has_no_events() -> None:
    assert listed(FakeStore()) == []


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"state": "accepted"}, "accepted"), ({"state": "dead", "quarantine": "x"}, "dead"),
        ({"quarantine": "x"}, "quarantined"), ({}, "record"),
        ({"handled": {"alert_router": {"decisions": [{"path": "page"}, {"path": "hold"}, {"path": "page"}]}}}, "page, hold"),
        ({"repeats": "a", "handled": {"alert_router": {"decisions": [{"path": "digest"}]}}}, "repeat, digest"),
    ],
)  # fmt: skip
def test_a_line_says_what_became_of_the_event(fields: dict[str, Any], mark: str) -> None:
    (kept,) = store(event("0123456789", HOUR, **fields)).docs.values()
    assert line(entry(kept), CLOCK) == f"08:00  01234567  {mark:<11}  app trouble: Disk full"
