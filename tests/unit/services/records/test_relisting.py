"""Lists of records after their kind has changed."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ports import Doc, Store
from shared.records import Listed, Record, upcast
from shared.records.kind import Kind
from shared.services.records import relisting
from shared.services.records.changes import changes_of
from shared.services.records.edits import create, edit, set_state
from shared.services.records.listing import listed, search
from shared.services.records.record import MadeLater
from shared.services.records.relisting import outdated, relist, relist_all
from tests.support.fakes import FakeContext, FakeStore
from tests.support.records import ME


class Task(Record, kind="task", title="{name}"):
    name: str
    stars: str = "0"


class Starred(Record, kind="task", version=2, title="{name} {stars}"):
    name: str
    stars: Listed[int] = 0


@upcast(Starred, 1)
def _with_number(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "stars": int(values.get("stars", 0))}


BEFORE, NOW = Kind(Task), Kind(Starred)


def bundle() -> FakeContext:
    return FakeContext(kinds={"task": NOW})


def made(number: int, context: FakeContext) -> list[str]:
    return [
        create(BEFORE, {"name": f"t{n}", "stars": str(-n)} if n else {"name": "t0"}, ME, context).record
        for n in range(number)
    ]


def in_order(context: FakeContext) -> list[str]:
    return [record.id for record in listed(NOW, context, order_by="stars", descending=False, limit=50).records]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relisting, "BATCH", 4)


def test_a_list_says_that_it_is_not_whole_until_all_records_are_listed_as_their_kind_is_today() -> None:
    context = bundle()
    tasks = made(10, context)
    changes = {task: changes_of(task, context) for task in tasks}
    page = listed(NOW, context, order_by="stars", limit=50)
    assert (list(page.records), page.is_whole) == ([], False)
    assert not listed(NOW, context, where=[("stars", -3)], limit=5).is_whole
    assert not search(NOW, "t3", context, limit=5).is_whole
    newest = listed(NOW, context, limit=50)
    assert (len(newest.records), newest.is_whole) == (10, True)
    assert list(relist(NOW, context)) == [4, 4, 2]
    page = listed(NOW, context, order_by="stars", descending=False, limit=50)
    assert ([record.id for record in page.records], page.is_whole) == (tasks[::-1], True)
    assert [record.title for record in search(NOW, "t3", context, limit=5).records] == ["t3 -3"]
    assert {task: changes_of(task, context) for task in tasks} == changes
    assert list(relist_all(context)) == []


def test_listing_again_that_is_interrupted_goes_on_with_what_is_left() -> None:
    context = bundle()
    made(10, context)
    assert list(islice(relist(NOW, context), 1)) == [4]
    assert outdated(NOW, context)
    assert list(relist(NOW, context)) == [4, 2]
    assert not outdated(NOW, context)


def test_a_kind_that_is_taken_back_lists_its_records_as_before() -> None:
    context = bundle()
    made(3, context)
    list(relist(NOW, context))
    assert list(relist(BEFORE, context)) == [3]
    assert not outdated(BEFORE, context)


class Raced(FakeStore):
    """Somebody changes a record, or deletes it, just before each commit."""

    races: Iterator[Any] = iter(())

    def commit(self, writes: Any) -> dict[str, str]:
        race = next(self.races, None)
        if race:
            race()
        return super().commit(writes)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["edit", "delete", "old"])), max_size=6))
def test_whoever_changes_records_meanwhile_no_change_is_lost_and_the_lists_are_right(
    races: list[tuple[int, str]],
) -> None:
    context, numbers = bundle(), count(100)
    store = context.store = Raced()
    tasks = made(6, context)

    def raced(task: str, what: str) -> None:
        store.races, rest = iter(()), store.races
        if what == "delete":
            set_state(NOW, task, "deleted", ME, context)
        else:
            with suppress(MadeLater):  # the release before leaves what it does not know
                edit(NOW if what == "edit" else BEFORE, task, {"stars": str(next(numbers))}, ME, {}, context)
        store.races = rest

    store.races = iter([lambda number=number, what=what: raced(tasks[number], what) for number, what in races])
    while outdated(NOW, context):
        list(relist(NOW, context))
    expected = [doc for doc in _docs(store) if doc.data["state"] == "live"]
    expected.sort(key=lambda doc: (int(doc.data["values"].get("stars", 0)), doc.data["changed_at"], doc.id))
    assert in_order(context) == [doc.id for doc in expected]


def _docs(store: Store) -> list[Doc]:
    return list(store.query(NOW.collection))


class Untold(Record, kind="task", version=2):
    name: Listed[str]


def test_a_record_that_no_upcaster_brings_up_to_date_stays_and_does_not_stop_the_others() -> None:
    context = bundle()
    made(2, context)
    kind = Kind(Untold)
    assert list(relist(kind, context)) == [2]
    assert outdated(kind, context)
