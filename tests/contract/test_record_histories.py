"""Histories of records on each store: they can be compared, replayed elsewhere, and undone after a merge."""

from shared.ports import Store
from shared.services.records.edits import edit, undo_change
from shared.services.records.histories import histories
from shared.services.records.merge import merge
from shared.services.records.rebuild import comparisons
from shared.services.records.replay import replay
from tests.property.test_record_merges import three
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS
from tests.support.records import ME


def test_records_add_up_on_each_store_and_are_the_same_where_their_changes_are_replayed(store: Store) -> None:
    context, other = FakeContext(kinds=KINDS, store=store), FakeContext(kinds=KINDS)  # type: ignore[arg-type]
    first, second, third = three(context)
    edit(CUSTOMER, first, {"email": "ada@x.io", "tags": ["a"]}, ME, {}, context)
    merge(CUSTOMER, first, second, ME, {}, context)
    made = merge(CUSTOMER, second, third, ME, {}, context)
    undo_change(CUSTOMER, third, made["n"], ME, {}, context)
    assert sum(replay(histories(context), other)) == sum(map(len, histories(context))) == 12
    mine, others = (list(comparisons(each)) for each in (context, other))
    assert mine == others
    assert all(comparison.is_sound for comparison in mine)
