"""Lists of records on every adapter, against what a person would do with all of them at hand."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ports import Create, Delete, Set, Store
from shared.records.body import with_state
from shared.records.kind import InvalidValues, Kind
from shared.services.records.edits import create, edit, set_state
from shared.services.records.listing import Listing, NotListed, listed, search
from shared.services.records.record import stored
from shared.services.records.transaction import change
from tests.support.deals import DEAL, FIELDS, KINDS, VALUES, rank
from tests.support.fakes import FakeContext, FakeStore
from tests.support.kinds import CUSTOMER
from tests.support.records import ME


class Made(NamedTuple):
    """A record, as the person who made it knows it."""

    id: str
    at: str
    values: dict[str, Any]

    def value(self, name: str) -> Any:
        default = True if name == "is_open" else ()
        return (
            self.values[name] if self.values.get(name) is not None else default if name in {"is_open", "tags"} else None
        )


def bundle(store: Store) -> FakeContext:
    return FakeContext(store=store, kinds=KINDS)  # type: ignore[arg-type]


def made(values: dict[str, Any], context: FakeContext, kind: Kind = DEAL) -> Made:
    edited = create(kind, values, ME, context)
    assert edited.change
    return Made(edited.record, edited.change["at"], values)


def ids(listing: Listing) -> list[str]:
    return [record.id for record in listing.records]


def pages(context: FakeContext, limit: int, **asked: Any) -> list[str]:
    """The ids on all pages."""
    page = listed(DEAL, context, limit=limit, **asked)
    shown = ids(page)
    while page.has_more:
        assert len(page.records) == limit
        page = listed(DEAL, context, limit=limit, after=page.records[-1], **asked)
        shown += ids(page)
    assert page.is_whole
    return shown


def is_match(record: Made, where: Sequence[tuple[str, Any]]) -> bool:
    for name, value in where:
        own = record.value(name)
        if name == "tags":
            asked = {rank(tag) for tag in own or (None,)}
            if rank(value) not in asked:
                return False
        elif rank(own) != rank(value):
            return False
    return True


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """A list with filters, one of an element, or one in an order."""
    names = draw(st.lists(st.sampled_from([name for name in VALUES if name != "tags"]), max_size=3))
    way = {"descending": draw(st.booleans())}
    match draw(st.sampled_from(["filters", "element", "order"])):
        case "filters":
            return {**way, "where": [(name, draw(VALUES[name] | st.none())) for name in names]}
        case "element":
            return {**way, "where": [("tags", draw(st.sampled_from(["a", "A", "b", None])))]}
    return {**way, "order_by": draw(st.sampled_from(["changed_at", *(name for name in VALUES if name != "tags")]))}


def test_a_list_has_what_matches_in_order_page_by_page(store: Store) -> None:
    examples = 30 if isinstance(store, FakeStore) else 12

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(st.tuples(FIELDS, st.booleans()), max_size=7), st.lists(questions(), min_size=1, max_size=4), st.data()
    )
    def holds(drawn: list[tuple[dict[str, Any], bool]], asked: list[dict[str, Any]], data: st.DataObject) -> None:
        for collection in (DEAL.collection, "record_changes"):
            store.commit([Delete(doc.path, doc.version) for doc in store.query(collection)])
        context = bundle(store)
        assert ids(listed(DEAL, context, limit=5)) == []
        records = []
        for values, is_later in drawn:
            context.clock.advance(seconds=is_later)
            records.append(made(values, context))
        for question in asked:
            where, order_by = question.get("where", []), question.get("order_by", "changed_at")
            if records and where and data.draw(st.booleans()):
                record = data.draw(st.sampled_from(records))
                where = [(name, record.value(name)) for name, _ in where if name != "tags"]
            expected = sorted(
                (record for record in records if is_match(record, where)),
                key=lambda record: (rank(record.value(order_by)) if order_by in VALUES else (), record.at, record.id),
                reverse=question["descending"],
            )
            shown = pages(context, data.draw(st.integers(1, 4)), **{**question, "where": where})
            assert shown == [record.id for record in expected]

    holds()


def test_only_live_records_are_listed(store: Store) -> None:
    context = bundle(store)
    first, second = (made({"name": name, "tags": ["x"]}, context) for name in ("First", "Second"))
    set_state(DEAL, first.id, "deleted", ME, context)
    for where in ([], [("tags", "x")], [("is_open", True)]):
        assert ids(listed(DEAL, context, where=where, limit=5)) == [second.id]
    assert ids(search(DEAL, "first", context, limit=5)) == []
    set_state(DEAL, first.id, "live", ME, context)
    assert sorted(ids(listed(DEAL, context, where=[("tags", "x")], limit=5))) == [first.id, second.id]


def test_a_list_follows_a_change_and_a_page_goes_on_after_a_record_that_has_gone(store: Store) -> None:
    context = bundle(store)
    records = [made({"stage": "new", "seats": n}, context) for n in range(4)]
    page = listed(DEAL, context, order_by="seats", descending=False, limit=2)
    set_state(DEAL, records[1].id, "deleted", ME, context)
    gone = stored(DEAL, records[1].id, context)
    for last in (page.records[-1], gone):
        rest = listed(DEAL, context, order_by="seats", descending=False, limit=2, after=last)
        assert (ids(rest), rest.has_more) == ([records[2].id, records[3].id], False)
    context.clock.advance(seconds=1)
    edit(DEAL, records[0].id, {"stage": "Won"}, ME, {}, context)
    assert ids(listed(DEAL, context, where=[("stage", "Won")], limit=5)) == [records[0].id]
    assert ids(listed(DEAL, context, limit=1)) == [records[0].id]


def test_records_of_a_reference_include_those_that_name_a_record_that_was_merged_into_it(store: Store) -> None:
    context = bundle(store)
    customers = [create(CUSTOMER, {"name": name}, ME, context).record for name in ("Ada", "A. L.", "Countess")]
    deals = [made({"customer": customer}, context) for customer in [*customers, "nobody"]]
    for merged, into in ((customers[0], customers[1]), (customers[1], customers[2])):
        _merge(merged, into, context)
    for customer in customers:
        of_customer = listed(DEAL, context, where=[("customer", customer)], descending=False, limit=2)
        rest = listed(
            DEAL, context, where=[("customer", customer)], descending=False, limit=2, after=of_customer.records[-1]
        )
        assert ids(of_customer) + ids(rest) == [deal.id for deal in deals[:3]]
    assert ids(listed(DEAL, context, where=[("customer", "nobody")], limit=5)) == [deals[3].id]
    assert ids(listed(CUSTOMER, context, limit=5)) == [customers[2]]


def _merge(merged: str, into: str, context: FakeContext) -> None:
    record = stored(CUSTOMER, merged, context)
    assert record
    clock = {"at": "2027", "by": "x", "system": "opos"}
    change(CUSTOMER, merged, record.doc, with_state(record.body, "merged", clock, into), ME, context)  # type: ignore[arg-type]


def test_a_search_finds_records_with_all_words_of_their_titles(store: Store) -> None:
    context = bundle(store)
    names = ["Érika's café in Zürich", "Café of Zürich", "Zürich", "Cafeteria"]
    for name in names:
        made({"name": name}, context)
        context.clock.advance(seconds=1)
    titles = {text: [record.title for record in search(DEAL, text, context, limit=2).records] for text in TITLES}
    assert titles == TITLES
    assert search(DEAL, "zurich", context, limit=2).has_more
    first = next(iter(search(DEAL, "érika", context, limit=1).records))
    edit(DEAL, first.id, {"size": 5}, ME, {}, context)
    assert [record.title for record in search(DEAL, "zürich", context, limit=1).records] == [first.title]
    assert not search(DEAL, "cafe zurich", context, limit=2).has_more


TITLES = {
    "CAFE zurich": ["Café of Zürich", "Érika's café in Zürich"],
    "zürich": ["Zürich", "Café of Zürich"],
    "caf": [],
    "": [],
}


def test_documents_that_are_written_again_whole_are_listed_once(store: Store) -> None:
    context = bundle(store)
    record = made({"tags": ["a", "b"]}, context)
    doc = store.get(f"{DEAL.collection}/{record.id}")
    assert doc
    changed = {**doc.data, "listed": {**doc.data["listed"], "tags": ["c"]}}
    store.commit([Set(doc.path, changed)])
    assert [ids(listed(DEAL, context, where=[("tags", tag)], limit=5)) for tag in "abc"] == [[], [], [record.id]]
    assert store.count(DEAL.collection, where=[("listed.tags", "contains", "c")]) == 1
    store.commit([Create("records_dealer/x", doc.data)])
    assert ids(listed(DEAL, context, limit=5)) == [record.id]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": [("colour", "red")]}, "expected a listed field of deal (name, size, "),
        ({"order_by": "tags"}, "expected an order by changed_at, name, "),
        ({"where": [("stage", "new")], "order_by": "size"}, "expected a filtered list to be ordered by changed_at"),
        ({"where": [("tags", "a"), ("stage", "new")]}, "expected the element of tags to be the only filter"),
    ],
)
def test_a_list_that_no_index_serves_is_refused_and_says_which_do(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(NotListed) as fault:
        listed(DEAL, bundle(FakeStore()), limit=5, **asked)
    assert said in fault.value.message


def test_a_value_that_its_field_cannot_have_is_refused() -> None:
    for name, value in (("size", "large"), ("stage", "old"), ("tags", 5)):
        with pytest.raises(InvalidValues):
            listed(DEAL, bundle(FakeStore()), where=[(name, value)], limit=5)
