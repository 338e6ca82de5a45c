"""Merges: whatever is merged, said and edited in whatever order, each id leads to its record and the later word stays."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import AlreadyExists, Conflict
from shared.ports import Doc, Write
from shared.records.body import Body, body_of, empty
from shared.records.history import folded, versions
from shared.records.observation import Observation, observed
from shared.records.undo import NothingToUndo, is_merge
from shared.services.records.changes import changes_of
from shared.services.records.edits import WouldLose, create, edit, set_state, undo_change
from shared.services.records.merge import NothingToMerge, merge, preview
from shared.services.records.observations import observe
from shared.services.records.record import claimant, stored
from shared.services.records.transaction import Taken
from tests.property.test_records import AT, FIELDS
from tests.support.fakes import FakeContext, FakeStore
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME

IDS = ("cus_0", "cus_1", "cus_2")
ALL_STRIPE = {("customer", name): ("stripe",) for name in CUSTOMER.fields}
WITH_IDS = {**OWNERS, ("customer", "stripe_id"): ("stripe",)}
NUMBERS = st.integers(0, 2)
PAIRS = st.tuples(NUMBERS, NUMBERS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), PAIRS, st.none()), st.tuples(st.just("say"), st.tuples(NUMBERS, AT), FIELDS),
        st.tuples(st.just("edit"), st.tuples(NUMBERS, AT), FIELDS),
        st.tuples(st.sampled_from(["part", "delete", "restore"]), PAIRS, st.none()),
    ),
    max_size=8,
)  # fmt: skip


def three(context: FakeContext, owners: Any = OWNERS) -> list[str]:
    """Three customers of Stripe."""
    said = (Observation("customer", "stripe", id, "2026-11-28T11:00:00.000000+00:00", id, {"name": id}) for id in IDS)
    return [observe(observation, owners, context).record for observation in said]


def raw(context: FakeContext) -> list[Doc]:
    return [doc for path, doc in context.store.docs.items() if path.startswith("records_customer/")]


def require_sound(context: FakeContext, records: Sequence[str]) -> None:
    """Each history is dense and adds up to its record, and each id leads to a record in at most one step."""
    for doc in raw(context):
        changes = changes_of(doc.id, context)
        assert folded(changes) == body_of(doc.data)
        assert [change["n"] for change in changes] == list(range(1, doc.data["n"] + 1))
    for record, id in zip(records, IDS, strict=True):
        end = stored(CUSTOMER, record, context)
        assert end is not None
        assert end.body["state"] != "merged"
        own = context.store.docs[f"records_customer/{record}"]
        assert (own.data["into"] or record) == end.id
        led = claimant(CUSTOMER, CUSTOMER.fields["stripe_id"], id, context)
        assert led is not None
        assert led.id == end.id


def take(step: tuple[str, Any, Any], records: Sequence[str], number: int, context: FakeContext) -> None:
    name, (first, second), fields = step
    if name == "merge":
        merge(CUSTOMER, records[first], records[second], ME, OWNERS, context)
    elif name == "say":
        observe(Observation("customer", "stripe", IDS[first], second, f"event-{number}", fields), WITH_IDS, context)
    elif name == "edit":
        values = {name: value for name, value in fields.items() if name in {"plan", "is_vip"}}
        edit(CUSTOMER, records[first], values, ME, OWNERS, context)
    elif name == "part":
        end = stored(CUSTOMER, records[first], context)
        assert end is not None
        changes = changes_of(end.id, context)
        numbers = [change["n"] for change in changes if is_merge(changes, change["n"])]
        for n in reversed(numbers[-1:]):
            undo_change(CUSTOMER, end.id, n, ME, OWNERS, context, force=True)
    else:
        set_state(CUSTOMER, records[first], "deleted" if name == "delete" else "live", ME, context)


@given(STEPS)
def test_ids_and_histories_stay_sound_whatever_is_merged_parted_said_and_edited(
    steps: list[tuple[str, Any, Any]],
) -> None:
    context = FakeContext(kinds=KINDS)
    records = three(context)
    for number, step in enumerate(steps):
        with suppress(NothingToMerge, Taken, NothingToUndo):
            take(step, records, number, context)
        context.clock.advance(seconds=1)
        require_sound(context, records)


@given(
    st.lists(st.tuples(NUMBERS, AT, FIELDS), max_size=6), st.permutations([(0, 1), (1, 2)]), st.data()
)  # fmt: skip
def test_it_makes_no_difference_when_records_are_merged(
    said: list[tuple[int, str, dict[str, Any]]], merges: list[tuple[int, int]], data: st.DataObject
) -> None:
    """What is said of three objects, before or after they become one record, adds up as if it were said of one."""
    context = FakeContext(kinds=KINDS)
    records = three(context, ALL_STRIPE)
    steps: list[Any] = list(enumerate(said))
    for pair in merges:
        steps.insert(data.draw(st.integers(0, len(steps))), pair)
    expected = empty(3)
    for id in IDS:
        expected = observed(
            expected, Observation("customer", "stripe", id, "2026-11-28T11:00:00.000000+00:00", id, {"name": id})
        )
    for first, second in steps:
        if isinstance(second, int):
            merge(CUSTOMER, records[first], records[second], ME, ALL_STRIPE, context)
        else:
            number, at, fields = second
            values = {name: value for name, value in fields.items() if name != "email"}
            observation = Observation("customer", "stripe", IDS[number], at, f"event-{first}", values)
            observe(observation, ALL_STRIPE, context)
            expected = observed(expected, observation)
    end = stored(CUSTOMER, records[0], context)
    assert end is not None
    assert end.id == records[2]
    require_sound(context, records)
    for part in ("values", "clocks"):
        assert {name: value for name, value in end.body[part].items() if name != "stripe_id"} == expected[part]


@dataclass
class Contested(FakeStore):
    """Somebody else acts right before the next commit."""

    rival: Callable[[], object] | None = None

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        if (rival := self.rival) is not None:
            self.rival = None
            rival()
        return super().commit(writes)


RIVALS = ("edit 0", "edit 1", "merge 1 2", "merge 2 0", "merge 1 0", "merge 0 1", "say 0", "say 1", "delete 0")


@given(st.sampled_from(RIVALS), st.sampled_from(RIVALS))
def test_what_somebody_else_does_at_the_same_moment_is_not_lost(mine: str, other: str) -> None:
    store = Contested()
    context = FakeContext(kinds=KINDS, store=store)
    records = three(context)
    store.rival = lambda: act(other, records, context)
    with suppress(NothingToMerge, Conflict, AlreadyExists):
        act(mine, records, context)
    require_sound(context, records)
    assert sum(doc.data["n"] for doc in raw(context)) == sum(len(changes_of(doc.id, context)) for doc in raw(context))


def act(words: str, records: Sequence[str], context: FakeContext) -> None:
    name, *numbers = words.split()
    first, second = (int(numbers[0]), int(numbers[-1]))
    if name == "merge":
        merge(CUSTOMER, records[first], records[second], ME, OWNERS, context)
    elif name == "edit":
        edit(CUSTOMER, records[first], {"is_vip": True}, ME, OWNERS, context)
    elif name == "say":
        at = "2026-11-28T12:00:00.000000+00:00"
        observe(Observation("customer", "stripe", IDS[first], at, words, {"name": words}), OWNERS, context)
    else:
        set_state(CUSTOMER, records[first], "deleted", ME, context)


@given(FIELDS, FIELDS)
def test_the_undo_of_a_merge_restores_both_records(mine: dict[str, Any], other: dict[str, Any]) -> None:
    context = FakeContext(kinds=KINDS)
    records = three(context)
    owners: dict[Any, Any] = {}
    for record, fields in zip(
        records, ({**mine, "email": "mine@x.io"}, {**other, "email": "other@x.io"}), strict=False
    ):
        edit(CUSTOMER, record, fields, ME, owners, context)
        context.clock.advance(seconds=1)
    before = bodies(context)
    made = merge(CUSTOMER, records[0], records[1], ME, owners, context)
    assert undo_change(CUSTOMER, records[1], made["n"], ME, owners, context) is not None
    assert bodies(context) == before
    require_sound(context, records)
    for record, email in zip(records, ("mine@x.io", "other@x.io"), strict=False):
        owner = claimant(CUSTOMER, CUSTOMER.fields["email"], email, context)
        assert owner is not None
        assert owner.id == record


def test_a_merge_is_not_undone_while_another_record_has_a_key_that_would_come_back() -> None:
    context = FakeContext(kinds=KINDS)
    first, second, _ = three(context)
    edit(CUSTOMER, first, {"email": "first@x.io"}, ME, {}, context)
    context.clock.advance(seconds=1)
    edit(CUSTOMER, second, {"email": "second@x.io"}, ME, {}, context)
    made = merge(CUSTOMER, first, second, ME, {}, context)
    with pytest.raises(Taken):
        create(CUSTOMER, {"name": "Ada", "email": "first@x.io"}, ME, context)
    set_state(CUSTOMER, second, "deleted", ME, context)
    create(CUSTOMER, {"name": "Ada", "email": "first@x.io"}, ME, context)
    set_state(CUSTOMER, second, "live", ME, context)
    with pytest.raises(Taken):
        undo_change(CUSTOMER, second, made["n"], ME, {}, context)


def test_the_undo_of_a_merge_names_what_was_said_since_then() -> None:
    context = FakeContext(kinds=KINDS)
    first, second, _ = three(context)
    made = merge(CUSTOMER, first, second, ME, OWNERS, context)
    observe(
        Observation("customer", "stripe", IDS[0], "2026-11-28T12:00:00.000000+00:00", "e", {"name": "Ada"}),
        OWNERS,
        context,
    )
    with pytest.raises(WouldLose) as refused:
        undo_change(CUSTOMER, second, made["n"], ME, OWNERS, context)
    assert [lost.field for lost in refused.value.lost] == ["name"]
    undo_change(CUSTOMER, second, made["n"], ME, OWNERS, context, force=True)
    assert [body["values"]["name"] for body in bodies(context).values()] == ["cus_0", "Ada", "cus_2"]
    with pytest.raises(NothingToUndo):
        undo_change(CUSTOMER, second, made["n"], ME, OWNERS, context, force=True)


def test_the_end_of_a_duplicate_does_not_end_the_record_that_it_was_merged_into() -> None:
    context = FakeContext(kinds=KINDS)
    first, second, _ = three(context)
    merge(CUSTOMER, first, second, ME, OWNERS, context)
    gone = Observation("customer", "stripe", IDS[0], "2026-11-28T12:00:00.000000+00:00", "e", {}, is_deleted=True)
    assert observe(gone, OWNERS, context).change is None
    observe(gone._replace(id=IDS[1]), OWNERS, context)
    assert bodies(context)[second]["state"] == "deleted"


def test_the_word_of_the_owner_stays_in_a_merge() -> None:
    context = FakeContext(kinds=KINDS)
    record = create(CUSTOMER, {"name": "Mine", "plan": "pro"}, ME, context).record
    first, *_ = three(context)
    shown = preview(CUSTOMER, record, first, OWNERS, context).choices
    assert [(choice.field, choice.kept, choice.lost, choice.is_taken) for choice in shown] == [
        ("name", "cus_0", "Mine", False), ("plan", "pro", None, True),
    ]  # fmt: skip


def bodies(context: FakeContext) -> dict[str, Body]:
    return {doc.id: body_of(doc.data) for doc in raw(context)}


def test_a_third_merge_leads_past_the_first_two_and_its_undo_leads_back() -> None:
    context = FakeContext(kinds=KINDS)
    first, second, third = three(context)
    merge(CUSTOMER, first, second, ME, OWNERS, context)
    made = merge(CUSTOMER, first, third, ME, OWNERS, context)
    assert [body["into"] for body in bodies(context).values()] == [third, third, None]
    undo_change(CUSTOMER, third, made["n"], ME, OWNERS, context)
    assert [body["into"] for body in bodies(context).values()] == [second, None, None]
    assert [len(list(versions(changes_of(id, context)))) for id in (first, second, third)] == [4, 4, 3]
