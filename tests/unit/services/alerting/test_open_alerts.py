"""The open alerts: the most urgent first, with true counts and bounded reads, however many there are."""

from typing import Any

import pytest

from shared.ports import Create
from shared.services.alerting.open_alerts import open_alerts
from tests.support.fakes import FakeStore


def stored(store: FakeStore, count: int, *, prefix: str = "w", **fields: Any) -> None:
    alert = {"severity": "warning", "state": "firing", "group": None, "began": "2026-11-28T03:00:00Z", **fields}
    store.commit([Create(f"alerts/{prefix}{n:05}", {**alert, "id": f"{prefix}{n:05}"}) for n in range(count)])


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


def test_the_worst_is_first_and_resolved_alerts_are_left_out(store: FakeStore) -> None:
    stored(store, 2)
    stored(store, 1, prefix="c", severity="critical", group="g")
    stored(store, 1, prefix="a", severity="critical", state="acknowledged")
    stored(store, 9, prefix="r", state="resolved")
    opened = open_alerts(store)
    assert [doc.id[0] for doc in opened.docs] == ["c", "w", "w", "a"]
    assert opened.counts == {"firing": 3, "acknowledged": 1, "snoozed": 0}
    assert (opened.total, opened.is_whole, opened.is_complete) == (4, True, True)
    assert [doc.id for doc in opened.needing] == ["c00000"]


def test_of_more_than_it_reads_it_has_all_that_interrupt_and_true_counts(store: FakeStore) -> None:
    stored(store, 70)
    stored(store, 3, prefix="z", severity="critical", group="g")
    opened = open_alerts(store, most=20)
    assert [doc.id for doc in opened.docs[:4]] == ["z00000", "z00001", "z00002", "w00000"]
    assert (opened.total, len(opened.docs)) == (73, 23)
    assert (opened.is_whole, opened.is_complete) == (False, True)


def test_it_says_so_if_even_those_are_more_than_it_reads(store: FakeStore) -> None:
    stored(store, 50, severity="critical", group="g")
    opened = open_alerts(store, most=20)
    assert (opened.total, len(opened.docs), opened.is_complete) == (50, 20, False)


def test_no_reading_has_more_documents_than_its_bound(store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(store, 300)
    limits: list[Any] = []
    real = store.query
    monkeypatch.setattr(store, "query", lambda *names, **more: limits.append(more["limit"]) or real(*names, **more))  # type: ignore[func-returns-value]  # fmt: skip
    open_alerts(store, most=20)
    assert limits == [20, 20, 20, 20]
