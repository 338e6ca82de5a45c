"""A list of events keeps only the events of its page in memory, however large those are that it looks through."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.services.search import Filters, events
from tests.support.fakes import FakeContext
from tests.support.findable import NOW, event, searching

NUMBER, SIZE, PAGE = 120, 100_000, 5


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeContext]:
    folder: Path = tmp_path_factory.mktemp("events")
    body = "x" * SIZE
    writes = [event(f"large {number}", NOW - timedelta(seconds=number), body=body) for number in range(NUMBER)]
    database = Database(folder / "opos.db")
    yield searching(SqliteStore(database), *writes)
    database.close()


@pytest.mark.parametrize("filters", [Filters(), Filters(words=("large",)), Filters(outcome="accepted")])
def test_a_page_of_large_events_keeps_only_its_own_in_memory(context: FakeContext, filters: Filters) -> None:
    tracemalloc.start()
    try:
        listing = events(filters, context, PAGE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [doc.data["subject"] for doc in listing.rows] == [f"large {number}" for number in range(PAGE)]
    assert most < NUMBER * SIZE / 4
