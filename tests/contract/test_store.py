"""The full contract of the Store port, on every adapter."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import AlreadyExists, Conflict
from shared.ports import Condition, Create, Delete, Doc, Set, Store, Update


def existing(store: Store, path: str) -> Doc:
    doc = store.get(path)
    assert doc is not None
    return doc


def ids(docs: Any) -> list[str]:
    return [doc.id for doc in docs]


def test_a_document_that_was_never_written_is_none(store: Store) -> None:
    assert store.get("alerts/a") is None


def test_a_created_document_is_read_as_it_was_written(store: Store) -> None:
    data = {"n": 1, "text": "ä\u2028\x00", "yes": True, "none": None, "nested": {"list": [1, [2], {}]}, "big": 2**62}
    versions = store.commit([Create("alerts/a", data)])
    assert store.get("alerts/a") == Doc("alerts/a", data, versions["alerts/a"])


def test_creating_an_existing_document_names_it_and_changes_nothing(store: Store) -> None:
    store.commit([Create("alerts/a", {"n": 1})])
    with pytest.raises(AlreadyExists) as fault:
        store.commit([Create("alerts/b", {"n": 2}), Create("alerts/a", {"n": 2})])
    assert fault.value.path == "alerts/a"
    assert (existing(store, "alerts/a").data, store.get("alerts/b")) == ({"n": 1}, None)


def test_an_update_merges_dotted_fields_and_keeps_their_neighbours(store: Store) -> None:
    version = store.commit([Create("events/a", {"body": "x", "handled": {"one": 1}})])["events/a"]
    store.commit([Update("events/a", {"handled.two": {"at": "now"}, "state": "done"}, version)])
    assert existing(store, "events/a").data == {
        "body": "x",
        "handled": {"one": 1, "two": {"at": "now"}},
        "state": "done",
    }


def test_an_update_of_a_whole_field_replaces_it(store: Store) -> None:
    version = store.commit([Create("alerts/a", {"labels": {"old": "1"}})])["alerts/a"]
    store.commit([Update("alerts/a", {"labels": {"new": "2"}}, version)])
    assert existing(store, "alerts/a").data == {"labels": {"new": "2"}}


def test_the_version_a_commit_returns_is_the_one_the_next_update_needs(store: Store) -> None:
    version = store.commit([Create("alerts/a", {"n": 0})])["alerts/a"]
    for n in range(1, 4):
        version = store.commit([Update("alerts/a", {"n": n}, version)])["alerts/a"]
    assert existing(store, "alerts/a") == Doc("alerts/a", {"n": 3}, version)


def test_a_batch_with_one_stale_version_changes_nothing(store: Store) -> None:
    store.commit([Create("alerts/a", {"n": 1}), Create("alerts/b", {"n": 1})])
    stale_a, fresh_b = existing(store, "alerts/a").version, existing(store, "alerts/b").version
    store.commit([Update("alerts/a", {"n": 2}, if_version=stale_a)])
    with pytest.raises(Conflict) as fault:
        store.commit([Update("alerts/b", {"n": 2}, fresh_b), Update("alerts/a", {"n": 3}, stale_a)])
    assert fault.value.path == "alerts/a"
    assert existing(store, "alerts/b").data == {"n": 1}


def test_updating_or_deleting_a_missing_document_is_a_conflict(store: Store) -> None:
    for write in (Update("alerts/a", {"n": 1}, "1"), Delete("alerts/a", "1")):
        with pytest.raises(Conflict):
            store.commit([write])


def test_set_writes_whole_whether_the_document_exists_or_not(store: Store) -> None:
    store.commit([Set("probes/a", {"n": 1, "old": True})])
    store.commit([Set("probes/a", {"n": 2})])
    assert existing(store, "probes/a").data == {"n": 2}


def test_a_version_seen_before_a_set_is_stale(store: Store) -> None:
    version = store.commit([Set("probes/a", {"n": 1})])["probes/a"]
    store.commit([Set("probes/a", {"n": 2})])
    with pytest.raises(Conflict):
        store.commit([Update("probes/a", {"n": 3}, version)])


def test_a_recreated_document_has_no_old_version(store: Store) -> None:
    first = store.commit([Create("alerts/a", {"n": 1})])["alerts/a"]
    store.commit([Delete("alerts/a", first)])
    assert store.get("alerts/a") is None
    store.commit([Create("alerts/a", {"n": 2})])
    with pytest.raises(Conflict):
        store.commit([Update("alerts/a", {"n": 3}, first)])


def test_a_query_finds_only_what_matches_every_condition(store: Store) -> None:
    store.commit([Create(f"outbox/{n}", {"n": n, "state": "sent" if n % 2 else "pending"}) for n in range(6)])
    store.commit([Create("alerts/x", {"n": 1, "state": "sent"})])
    assert ids(store.query("outbox", where=[("state", "==", "sent"), ("n", ">", 1)], order_by="n")) == ["3", "5"]
    assert store.count("outbox", where=[("state", "==", "pending")]) == 3
    assert store.count("outbox", where=[("n", ">=", 2)]) == 4
    assert store.count("outbox") == 6


def test_a_document_without_the_field_never_matches(store: Store) -> None:
    store.commit([Create("outbox/a", {}), Create("outbox/b", {"due_at": None}), Create("outbox/c", {"due_at": "2026"})])
    assert ids(store.query("outbox", where=[("due_at", "<=", "3000")], order_by="due_at")) == ["c"]
    assert ids(store.query("outbox", order_by="due_at")) == ["c"]


def test_a_condition_reaches_into_nested_fields(store: Store) -> None:
    store.commit([Create("alerts/a", {"pending": {"place": "desk/1"}}), Create("alerts/b", {"pending": None})])
    assert ids(store.query("alerts", where=[("pending.place", "==", "desk/1")])) == ["a"]


def test_two_conditions_on_one_field_make_a_range_in_order(store: Store) -> None:
    places = ["desk/2", "desk/1", "desk-too/1", "desk0/1", "des/1"]
    store.commit([Create(f"alerts/{n}", {"pending": {"place": place}}) for n, place in enumerate(places)])
    desk: list[Condition] = [("pending.place", ">=", "desk/"), ("pending.place", "<", "desk0")]
    assert ids(store.query("alerts", where=desk, order_by="pending.place")) == ["1", "0"]
    assert ids(store.query("alerts", where=desk, order_by="pending.place", limit=1)) == ["1"]
    assert store.count("alerts", where=desk) == 2


@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_a_query_join_without_gap_or_overlap_even_among_equals(store: Store, *, descending: bool) -> None:
    store.commit([Create(f"events/{n}", {"rank": n // 3}) for n in range(10)])
    whole = ids(store.query("events", order_by="rank", descending=descending))
    paged: list[str] = []
    after = None
    while page := list(store.query("events", order_by="rank", descending=descending, limit=4, after=after)):
        paged, after = paged + ids(page), page[-1]
    assert paged == whole
    assert sorted(whole) == [str(n) for n in range(10)]


def test_of_many_creators_of_one_document_one_wins(store: Store) -> None:
    def create(n: int) -> bool:
        try:
            store.commit([Create("events/a", {"n": n})])
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(create, range(64)))
    assert won.count(True) == 1
    assert existing(store, "events/a").data == {"n": won.index(True)}


def test_no_increment_is_lost_between_threads(store: Store) -> None:
    store.commit([Create("alerts/a", {"n": 0})])

    def increment(_: int) -> None:
        while True:
            doc = existing(store, "alerts/a")
            try:
                store.commit([Update("alerts/a", {"n": doc.data["n"] + 1}, doc.version)])
            except Conflict:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(80)))
    assert existing(store, "alerts/a").data == {"n": 80}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(data=st.dictionaries(st.text("abcdefgh", min_size=1), json_values, max_size=5))
def test_any_json_object_survives_a_round_trip(store: Store, data: dict[str, Any]) -> None:
    store.commit([Set("probes/any", data)])
    assert existing(store, "probes/any").data == data


def test_a_moment_of_expiry_is_read_as_it_was_written(store: Store) -> None:
    data = {"expires_at": "2026-11-20T08:30:00.123456Z"}
    store.commit([Create("outbox/a", data), Create("outbox/b", {"expires_at": None})])
    assert [existing(store, f"outbox/{id}").data for id in "ab"] == [data, {"expires_at": None}]


@pytest.mark.parametrize("name", ["", "__name__", "[]", "~", "~[]", "a.b", "`", "a/b", "ключ", " "])
def test_any_key_of_json_is_kept(store: Store, name: str) -> None:
    data = {"labels": {name: [[1], {name: []}]}}
    version = store.commit([Create("alerts/a", data)])["alerts/a"]
    assert existing(store, "alerts/a").data == data
    store.commit([Update("alerts/a", {"labels": {name: name}}, version)])
    assert existing(store, "alerts/a").data == {"labels": {name: name}}


def test_half_of_a_surrogate_pair_is_stored_as_a_question_mark(store: Store) -> None:
    store.commit([Create("alerts/a", {"title": "\ud800 full", "labels": {"\udfff": ["\udcff", "\x00"]}})])
    doc = store.get("alerts/a")
    assert doc is not None
    assert doc.data == {"title": "? full", "labels": {"?": ["?", "\x00"]}}
    store.commit([Update("alerts/a", {"title": "\udcff"}, doc.version)])
    assert store.get("alerts/a").data["title"] == "?"  # type: ignore[union-attr]


def test_a_body_of_a_mebibyte_is_kept(store: Store) -> None:
    body = "".join(f'{{"n": {n}, "text": "ä"}},' for n in range(45_000))[: 1024 * 1024]
    store.commit([Create("events/a", {"body": body})])
    assert existing(store, "events/a").data == {"body": body}


def test_a_long_body_is_kept_beside_a_long_reason_that_queries_go_by(store: Store) -> None:
    data = {"body": '{"n": 1, "text": "ä"},' * 100, "quarantine": "because " * 150, "state": "accepted"}
    version = store.commit([Create("events/a", data)])["events/a"]
    assert [doc.data for doc in store.query("events", where=[("quarantine", ">", "")], order_by="quarantine")] == [data]
    assert ids(store.query("events", where=[("quarantine", "==", data["quarantine"])])) == ["a"]
    version = store.commit([Update("events/a", {"state": "handled"}, version)])["events/a"]
    assert existing(store, "events/a").data == {**data, "state": "handled"}
    store.commit([Update("events/a", {"body": data["body"] * 2}, version)])
    assert existing(store, "events/a").data == {**data, "state": "handled", "body": data["body"] * 2}


def test_a_long_query_is_read_to_its_end(store: Store) -> None:
    for start in range(0, 700, 350):
        store.commit([Create(f"alerts/{n:04}", {"state": "firing"}) for n in range(start, start + 350)])
    assert ids(store.query("alerts", where=[("state", "==", "firing")])) == [f"{n:04}" for n in range(700)]
    assert len(ids(store.query("alerts", limit=650))) == 650


def test_a_query_without_order_goes_by_id_and_can_begin_behind_an_id_that_nobody_has(store: Store) -> None:
    store.commit([Create(f"events/{id}", {}) for id in ("b2", "a1", "b1", "c")])
    assert ids(store.query("events", after=Doc("events/b", {}, ""), limit=2)) == ["b1", "b2"]


def test_an_element_of_a_list_finds_the_documents_that_have_it_in_the_order_of_their_ids(store: Store) -> None:
    lists = {"c": ["a@1", "Ä b"], "a": ["a@1"], "b": ["a@10", "A@1"], "d": []}
    store.commit([Create(f"events/{id}", {"terms": terms}) for id, terms in lists.items()])
    store.commit([Create("alerts/x", {"terms": ["a@1"]}), Create("events/none", {"terms": None})])
    assert ids(store.query("events", where=[("terms", "contains", "a@1")])) == ["a", "c"]
    assert ids(store.query("events", where=[("terms", "contains", "Ä b")])) == ["c"]
    assert ids(store.query("events", where=[("terms", "contains", "A@1")], limit=1)) == ["b"]
    assert ids(store.query("events", where=[("terms", "contains", 'x" OR "a')])) == []
    assert store.count("events", where=[("terms", "contains", "a@1")]) == 2
    assert store.count("alerts", where=[("terms", "contains", "a@1")]) == 1


def test_pages_by_an_element_join_without_gap_or_overlap(store: Store) -> None:
    store.commit([Create(f"events/{n}", {"terms": ["x", f"y{n % 2}"]}) for n in range(7)])
    first = list(store.query("events", where=[("terms", "contains", "y0")], limit=2))
    rest = store.query("events", where=[("terms", "contains", "y0")], limit=9, after=first[-1])
    assert [ids(first), ids(rest)] == [["0", "2"], ["4", "6"]]


def test_a_list_is_found_by_what_it_has_now(store: Store) -> None:
    def having(element: str) -> list[str]:
        docs = ids(store.query("alerts", where=[("terms", "contains", element)]))
        assert store.count("alerts", where=[("terms", "contains", element)]) == len(docs)
        return docs

    version = store.commit([Create("alerts/a", {"terms": ["old", "same"], "n": 1})])["alerts/a"]
    version = store.commit([Update("alerts/a", {"terms": ["new", "same"]}, version)])["alerts/a"]
    assert [having("old"), having("new"), having("same")] == [[], ["a"], ["a"]]
    version = store.commit([Update("alerts/a", {"n": 2}, version)])["alerts/a"]
    assert having("new") == ["a"]
    store.commit([Set("alerts/a", {"terms": ["set"]})])
    assert [having("new"), having("set")] == [[], ["a"]]
    store.commit([Delete("alerts/a", existing(store, "alerts/a").version)])
    assert having("set") == []
    store.commit([Create("alerts/b", {"terms": ["set"]})])
    assert having("set") == ["b"]
