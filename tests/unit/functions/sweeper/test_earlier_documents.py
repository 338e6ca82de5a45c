"""The documents of earlier releases, rewritten a batch at a time."""

from typing import Any

import pytest

from functions.sweeper import earlier_documents
from functions.sweeper.earlier_documents import OVERLAP, PROGRESS, rewrite_earlier
from shared.events import iso
from shared.ports import Create
from shared.ports.earlier_documents import VERSION, current
from shared.ports.terms import alert_index, place
from shared.runtime.current_documents import CurrentDocuments
from shared.services.search import NO_FILTERS, open_alerts
from tests.support.alerts import fired
from tests.support.fakes import FakeContext


def test_each_sweep_goes_on_where_the_last_one_ended_until_every_document_is_of_this_release(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier_documents, "BATCH", 10)
    stored = context.store
    old = {"received_at": "2026-11-20T09:00:00+00:00"}
    stored.commit([Create(f"events/{number:02}", old) for number in range(25)])
    stored.commit([Create("heartbeats/a", {"name": "a"})])
    context.store = CurrentDocuments(stored)  # type: ignore[assignment]
    places = []
    while (progress := stored.get(PROGRESS)) is None or progress.data["version"] != VERSION:
        rewrite_earlier(context)
        places.append(stored.docs[PROGRESS].data["place"])
    assert places == [f"{VERSION}/events/09", f"{VERSION}/events/19", ""]
    kept = [doc for doc in stored.docs.values() if doc.path != PROGRESS]
    assert [doc.path for doc in kept if current(doc.path.partition("/")[0], doc.data) is not doc.data] == []
    commits = len(stored.commits)
    rewrite_earlier(context)
    assert len(stored.commits) == commits


@pytest.mark.parametrize(
    "left",
    [
        {"version": VERSION - 1, "place": "overrides/everyone"},
        {"version": None, "place": "events/19"},
        {"version": None, "place": f"{VERSION - 1}/events/19"},
    ],
    ids=["complete", "interrupted", "interrupted, as this release writes it"],
)
def test_whatever_the_round_of_another_release_has_left_each_alert_gets_its_place(
    context: FakeContext, left: dict[str, Any]
) -> None:
    stored = context.store
    stored.commit([Create(PROGRESS, left), Create("alerts/a1", {**fired("a1")})])
    context.store = CurrentDocuments(stored)  # type: ignore[assignment]
    rewrite_earlier(context)
    assert stored.docs["alerts/a1"].data["urgency"] == place(fired("a1"))
    assert stored.docs[PROGRESS].data == {"version": VERSION, "place": "", "again": iso(context.now + OVERLAP)}


def test_an_alert_that_an_instance_of_the_release_before_resolves_is_not_listed_and_loses_its_place(
    context: FakeContext,
) -> None:
    stored, alert = context.store, fired("a1")
    context.store = CurrentDocuments(stored)  # type: ignore[assignment]
    rewrite_earlier(context)
    stored.commit([Create("alerts/a1", {**alert, **alert_index(alert), "state": "resolved"})])
    assert (open_alerts(NO_FILTERS, context).rows, open_alerts(NO_FILTERS, context).total) == ([], 0)
    context.clock.advance(hours=1)
    rewrite_earlier(context)
    assert stored.docs[PROGRESS].data == {"version": VERSION, "place": "", "again": None}
    assert stored.docs["alerts/a1"].data["urgency"] is None
    assert "trouble@open" not in stored.docs["alerts/a1"].data["terms"]
