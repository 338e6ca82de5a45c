"""Looking up a document of any kind by the beginning of its id, with a bound."""

import pytest

from opos.terminal.lookup import CANDIDATES, Ambiguous, find, find_among, matches
from shared.errors import NotFound
from shared.ports import Create, Doc
from shared.values.kinds import ALERT, EVENT, KINDS, MESSAGE, SILENCE
from tests.support.fakes import FakeStore


@pytest.fixture
def store() -> FakeStore:
    store = FakeStore()
    store.commit([
        Create("alerts/0a1b2222", {"title": "Disk full", "state": "firing"}),
        Create("alerts/0a1c", {"title": "CPU", "state": "resolved"}),
        Create("alerts/0a1d", {"title": "Fan", "state": "resolved"}),
        Create("events/0a1b3333", {"source": "app", "type": "t", "subject": "Disk"}),
        Create("outbox/ffff", {"notice": {"title": "Disk full\nFORGED"}}),
        Create("outbox/ffff0", {"notice": {"title": "Another"}}),
    ])  # fmt: skip
    return store


def test_the_beginning_of_an_id_names_the_document_whatever_its_kind(store: FakeStore) -> None:
    assert find_among(store, KINDS, "0a1b2") == (ALERT, store.get("alerts/0a1b2222"))
    assert find_among(store, KINDS, "0a1b3").kind == EVENT


def test_an_ambiguous_id_lists_all_candidates_with_their_kinds(store: FakeStore) -> None:
    with pytest.raises(Ambiguous) as fault:
        find_among(store, KINDS, "0a1b")
    assert fault.value.message.splitlines() == [
        'More than one document matches "0a1b":',
        "  event  0a1b3333  app t: Disk",
        "  alert  0a1b2222  Disk full",
    ]


def test_a_whole_id_is_never_ambiguous(store: FakeStore) -> None:
    assert find(store, MESSAGE, "ffff").id == "ffff"
    assert find_among(store, KINDS, "ffff").doc.id == "ffff"


def test_a_title_on_several_lines_forges_no_candidate(store: FakeStore) -> None:
    with pytest.raises(Ambiguous) as fault:
        find(store, MESSAGE, "fff")
    assert len(fault.value.message.splitlines()) == 3


def test_the_only_preferred_document_is_meant(store: FakeStore) -> None:
    assert find(store, ALERT, "0a1", preferred=lambda doc: doc.data["state"] == "firing").id == "0a1b2222"
    with pytest.raises(Ambiguous):
        find(store, ALERT, "0a1", preferred=lambda doc: doc.data["state"] == "resolved")


@pytest.mark.parametrize("wanted", ["", ".", "..", "a/b", "__x__", "zzzz", "\ud800", "a\x00"])
def test_what_is_no_id_names_nothing(store: FakeStore, wanted: str) -> None:
    with pytest.raises(NotFound):
        find_among(store, KINDS, wanted)


def test_a_lookup_reads_a_range_of_ids_and_no_collection(store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int | None] = []
    real = store.query
    monkeypatch.setattr(store, "query", lambda *names, limit=None, **more: limits.append(limit) or real(*names, limit=limit, **more))  # type: ignore[func-returns-value]  # fmt: skip
    store.commit([Create(f"silences/ab{n:02}", {"matchers": ["a=b"]}) for n in range(50)])
    with pytest.raises(Ambiguous) as fault:
        find_among(store, KINDS, "ab")
    assert limits == [CANDIDATES] * len(KINDS)
    assert fault.value.message.count("silence  ab") == CANDIDATES
    assert fault.value.message.endswith("There may be more of the kind silence.")


def test_a_document_that_lacks_its_fields_still_has_a_title() -> None:
    for kind in KINDS:
        assert kind.title({}), kind.noun


def test_one_kind_finds_no_other(store: FakeStore) -> None:
    assert matches(store, SILENCE, "0a1b") == []
    assert [doc.id for doc in matches(store, ALERT, "0a1")] == ["0a1b2222", "0a1c", "0a1d"]
    assert isinstance(matches(store, ALERT, "0a1c")[0], Doc)
