"""A record as it was."""

from hypothesis import given
from hypothesis import strategies as st

from shared.events import iso
from shared.records.history import as_of
from shared.services.records.changes import changes_of
from shared.services.records.edits import create, edit
from shared.services.records.past import body_at
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS
from tests.support.operation_counter import CountingStore
from tests.support.records import ME


@given(st.lists(st.integers(0, 2), max_size=12), st.integers(-1, 20))
def test_the_body_at_a_moment_is_what_the_changes_up_to_it_add_up_to(pauses: list[int], second: int) -> None:
    context = FakeContext(kinds=KINDS)
    began = context.now
    record = create(CUSTOMER, {"name": "Ada"}, ME, context).record
    for number, pause in enumerate(pauses):
        context.clock.advance(seconds=pause)
        edit(CUSTOMER, record, {"name": f"Ada {number}", "is_vip": number % 2 == 0}, ME, {}, context)
    moment = iso(began.replace(second=second) if second >= 0 else began.replace(year=2000))
    assert body_at(CUSTOMER, record, moment, context) == as_of(changes_of(record, context), moment)


def test_a_long_history_is_read_from_its_nearer_end() -> None:
    context = FakeContext(kinds=KINDS)
    record = create(CUSTOMER, {"name": "Ada"}, ME, context).record
    moments = [iso(context.now)]
    for number in range(199):
        context.clock.advance(seconds=1)
        edit(CUSTOMER, record, {"name": f"Ada {number}"}, ME, {}, context)
        moments.append(iso(context.now))
    reads = {}
    for n in (1, 10, 100, 190, 200):
        counting = CountingStore(context.store)
        body = body_at(CUSTOMER, record, moments[n - 1], FakeContext(store=counting, kinds=KINDS))  # type: ignore[arg-type]
        assert body == as_of(changes_of(record, context), moments[n - 1])
        reads[n] = counting.billed["reads"]
    assert reads[200] == 1
    assert reads[1] <= 1 + 8 + 1
    assert reads[190] <= 1 + 8 + 10
    assert reads[100] <= 1 + 8 + 100


def test_an_unknown_record_has_no_past() -> None:
    assert body_at(CUSTOMER, "none", "2030", FakeContext(kinds=KINDS)) is None
