"""The documents of earlier releases, rewritten a batch at a time."""

import pytest

from functions.sweeper import earlier_documents
from functions.sweeper.earlier_documents import PROGRESS, rewrite_earlier
from shared.ports import Create
from shared.ports.earlier_documents import VERSION, current
from shared.runtime.current_documents import CurrentDocuments
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
    assert places == ["events/09", "events/19", "heartbeats/a"]
    kept = [doc for doc in stored.docs.values() if doc.path != PROGRESS]
    assert [doc.path for doc in kept if current(doc.path.partition("/")[0], doc.data) is not doc.data] == []
    commits = len(stored.commits)
    rewrite_earlier(context)
    assert len(stored.commits) == commits
