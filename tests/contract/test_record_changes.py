"""The changes of a record on every adapter, read by their numbers."""

import pytest

from shared.ports import Store
from shared.services.records.changes import changes_of, last_changes
from shared.services.records.edits import create, edit
from shared.services.records.record import stored
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS
from tests.support.records import ME


@pytest.mark.parametrize("count", [49, 50, 51, 101])
def test_the_changes_of_a_record_are_read_whole_and_in_part_between_those_of_others(store: Store, count: int) -> None:
    context = FakeContext(store=store, kinds=KINDS)  # type: ignore[arg-type]
    ids = [create(CUSTOMER, {"name": "Ada"}, ME, context).record for _ in range(3)]
    for n in range(1, count):
        edit(CUSTOMER, ids[1], {"name": f"Ada {n}"}, ME, {}, context)
    record, numbers = stored(CUSTOMER, ids[1], context), list(range(1, count + 1))
    assert record

    def read(first: int, last: int) -> list[int]:
        return [change["n"] for change in changes_of(ids[1], context, first=first, last=last)]

    def before(n: int, limit: int) -> list[int]:
        return [change["n"] for change in last_changes(record, context, before=n, limit=limit)]

    assert (read(1, 0), read(7, 0), read(7, 9)) == (numbers, numbers[6:], [7, 8, 9])
    assert (before(0, 2), before(9, 2), before(2, 5), before(1, 5)) == ([count, count - 1], [8, 7], [1], [])
    assert {change["record"] for change in changes_of(ids[1], context)} == {ids[1]}
    assert [len(changes_of(id, context)) for id in (ids[0], ids[2], "none")] == [1, 1, 0]
