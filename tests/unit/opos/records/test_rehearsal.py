"""The store of a dry run: it answers and refuses as the real one does, and the real one sees nothing."""

import pytest

from opos.records.rehearsal import RehearsedStore
from shared.errors import AlreadyExists, Conflict
from shared.ports import Create, Delete, Set, Update
from tests.support.fakes import FakeStore


@pytest.fixture
def stored() -> FakeStore:
    stored = FakeStore()
    stored.commit([Create("alerts/a", {"n": 1}), Create("alerts/b", {"n": 1})])
    return stored


def test_what_is_written_is_read_here_and_nowhere_else(stored: FakeStore) -> None:
    rehearsed = RehearsedStore(stored)
    known, gone = stored.docs["alerts/a"].version, stored.docs["alerts/b"].version
    rehearsed.commit([Update("alerts/a", {"n": 2}, known), Delete("alerts/b", gone), Create("alerts/c", {"n": 3})])
    rehearsed.commit([Set("alerts/d", {"n": 4})])
    docs = [rehearsed.get(f"alerts/{id}") for id in "abcd"]
    assert [doc and doc.data for doc in docs] == [{"n": 2}, None, {"n": 3}, {"n": 4}]
    assert [doc.data for doc in stored.docs.values()] == [{"n": 1}, {"n": 1}]


def test_a_write_that_the_store_would_refuse_is_refused_with_its_batch(stored: FakeStore) -> None:
    rehearsed = RehearsedStore(stored)
    for wrong, error in (
        (Create("alerts/a", {}), AlreadyExists), (Update("alerts/a", {}, "stale"), Conflict),
        (Delete("alerts/x", "1"), Conflict),
    ):  # fmt: skip
        with pytest.raises(error):
            rehearsed.commit([Create("alerts/c", {"n": 3}), wrong])
    assert rehearsed.get("alerts/c") is None
