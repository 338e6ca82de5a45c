"""Running again what lost a race for a document."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import AlreadyExists, Conflict, Unavailable
from shared.ports import Create, Update
from shared.runtime import entry
from shared.runtime.entry import retry_conflicts
from tests.support.fakes import FakeStore


def test_what_meets_a_conflict_is_run_again_until_it_succeeds() -> None:
    faults = [Conflict("alerts/a"), AlreadyExists("events/b"), Conflict("alerts/a")]

    def run() -> str:
        if faults:
            raise faults.pop()
        return "done"

    assert retry_conflicts(run) == "done"


def test_it_gives_up_in_the_end_and_leaves_the_rest_to_the_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "PATIENCE", 0.05)

    def run() -> None:
        raise Conflict("alerts/a")

    with pytest.raises(Conflict):
        retry_conflicts(run)


def test_any_other_fault_is_raised_at_once() -> None:
    runs = []

    def run() -> None:
        runs.append(1)
        raise Unavailable("no store")

    with pytest.raises(Unavailable):
        retry_conflicts(run)
    assert runs == [1]


def test_a_storm_on_one_document_loses_no_change() -> None:
    store = FakeStore()
    store.commit([Create("alerts/a", {"n": 0})])

    def add(_: int) -> None:
        doc = store.get("alerts/a")
        assert doc is not None
        store.commit([Update(doc.path, {"n": doc.data["n"] + 1}, doc.version)])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: retry_conflicts(lambda: add(n)), range(400)))
    assert store.docs["alerts/a"].data == {"n": 400}
