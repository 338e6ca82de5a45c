"""Records: any order and repetition of what is said gives one state, and the history is the record."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.records.body import Body, empty
from shared.records.history import folded, versions
from shared.records.observation import Observation, observed
from shared.records.patch import difference
from shared.services.records.changes import changes_of
from shared.services.records.edits import create, edit, set_state, undo_change
from shared.services.records.observations import observe
from shared.services.records.record import claimant, stored
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME

AT = st.integers(0, 3).map(lambda second: f"2026-11-28T12:00:0{second}.000000+00:00")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Ada", "Grace"]), "email": st.none() | st.sampled_from(["ada@x.io", "ADA@x.io"]),
        "plan": st.sampled_from(["free", "pro"]), "mrr": st.none() | st.just({"amount": 900, "currency": "eur"}),
        "is_vip": st.booleans(),
    },
)  # fmt: skip


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    said = draw(st.lists(st.tuples(AT, FIELDS, st.booleans()), min_size=1, max_size=5))
    return [
        Observation("customer", "stripe", "cus_1", at, f"event-{number}", values, is_deleted)
        for number, (at, values, is_deleted) in enumerate(said)
    ]


def body_after(said: Sequence[Observation]) -> Body:
    body = empty(3)
    for observation in said:
        body = observed(body, observation)
    return body


@given(observations(), st.data())
def test_any_order_and_repetition_of_what_a_system_says_gives_the_same_body(
    said: list[Observation], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(said))
    again = data.draw(st.lists(st.sampled_from(said), max_size=3))
    assert body_after([*order, *again]) == body_after(said)


@given(observations(), st.data())
def test_deliveries_in_any_order_store_the_same_values_and_clocks_and_a_history_that_adds_up(
    said: list[Observation], data: st.DataObject
) -> None:
    owners = {("customer", name): ("stripe",) for name in CUSTOMER.fields}
    bodies = []
    for order in (said, data.draw(st.permutations([*said, *said[:2]]))):
        context = FakeContext(kinds=KINDS)
        (record,) = {observe(observation, owners, context).record for observation in order}
        kept = stored(CUSTOMER, record, context)
        assert kept is not None
        assert folded(changes_of(record, context)) == kept.body
        assert [change["n"] for change in changes_of(record, context)] == list(range(1, kept.n + 1))
        bodies.append(kept.body)
    assert bodies[0] == bodies[1]


STEPS = st.lists(
    st.tuples(st.sampled_from(["edit", "delete", "restore", "undo"]), FIELDS, st.integers(1, 6)), max_size=6
)


def walked(steps: Sequence[tuple[str, dict[str, Any], int]], context: FakeContext) -> str:
    record = create(CUSTOMER, {"name": "Ada"}, ME, context).record
    for step, fields, n in steps:
        values = {name: value for name, value in fields.items() if name != "name"}
        if step == "edit":
            edit(CUSTOMER, record, values, ME, OWNERS, context)
        elif step == "undo":
            last = len(changes_of(record, context))
            undone = min(n, last)
            if difference_of(record, undone, context):
                undo_change(CUSTOMER, record, undone, ME, OWNERS, context, force=True)
        else:
            set_state(CUSTOMER, record, "deleted" if step == "delete" else "live", ME, context)
        context.clock.advance(seconds=1)
    return record


def difference_of(record: str, n: int, context: FakeContext) -> bool:
    seen = list(versions(changes_of(record, context)))
    before = seen[n - 2].body if n > 1 else empty(0)
    return bool(seen[n - 1].fields) or before["state"] != seen[n - 1].body["state"]


@given(STEPS)
def test_the_history_folds_into_the_record_and_each_inverse_leads_back(
    steps: list[tuple[str, dict[str, Any], int]],
) -> None:
    context = FakeContext(kinds=KINDS)
    record = walked(steps, context)
    kept = stored(CUSTOMER, record, context)
    seen = list(versions(changes_of(record, context)))
    assert kept is not None
    assert seen[-1].body == kept.body
    for earlier, later in pairwise(seen):
        assert later.change["inverse"] == difference(later.body, earlier.body)


@given(STEPS, FIELDS)
def test_undo_of_undo_is_identity(steps: list[tuple[str, dict[str, Any], int]], fields: dict[str, Any]) -> None:
    context = FakeContext(kinds=KINDS)
    record = walked(steps, context)
    values = {name: value for name, value in fields.items() if name != "name"}
    made = edit(CUSTOMER, record, values, ME, OWNERS, context).change
    last = list(versions(changes_of(record, context)))[-1]
    if made is None or not last.fields:
        return
    before, after = list(versions(changes_of(record, context)))[-2].body, last.body
    undone = undo_change(CUSTOMER, record, made["n"], ME, OWNERS, context)
    assert undone is not None
    assert _kept(record, context)["values"] == before["values"]
    again = undo_change(CUSTOMER, record, undone["n"], ME, OWNERS, context)
    assert again is not None
    assert _kept(record, context)["values"] == after["values"]


@given(STEPS)
def test_a_key_leads_to_the_record_while_it_is_live_and_has_it(steps: list[tuple[str, dict[str, Any], int]]) -> None:
    context = FakeContext(kinds=KINDS)
    record = walked(steps, context)
    body = _kept(record, context)
    has_key = body["state"] == "live" and "email" in body["values"]
    claimed = claimant(CUSTOMER, CUSTOMER.fields["email"], "ada@X.io", context)
    assert (claimed.id if claimed else None) == (record if has_key else None)


def _kept(record: str, context: FakeContext) -> Body:
    kept = stored(CUSTOMER, record, context)
    assert kept is not None
    return kept.body
