"""Rebuilds and replays: a record is what its changes add up to, in every store that has them."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.importers.records.columns import Columns
from opos.importers.records.file_import import FileImport, cause_of
from opos.importers.records.rows import Source
from shared.ports import Delete, Doc, Update
from shared.records.undo import NothingToUndo
from shared.services.records.edits import create, edit
from shared.services.records.histories import histories
from shared.services.records.merge import NothingToMerge
from shared.services.records.rebuild import comparisons
from shared.services.records.replay import replay
from shared.services.records.transaction import Taken
from tests.property.test_record_merges import STEPS, Contested, require_sound, take, three
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME


def walked(steps: Sequence[tuple[str, Any, Any]]) -> tuple[FakeContext, list[str]]:
    context = FakeContext(kinds=KINDS)
    records = three(context)
    for number, step in enumerate(steps):
        with suppress(NothingToMerge, Taken, NothingToUndo):
            take(step, records, number, context)
        context.clock.advance(seconds=1)
    return context, records


def records_of(context: FakeContext) -> dict[str, dict[str, Any]]:
    """The records, without what says how often somebody tried."""
    docs = [doc for path, doc in context.store.docs.items() if path.startswith("records_")]
    return {doc.path: {name: value for name, value in doc.data.items() if name != "fence"} for doc in docs}


@pytest.mark.slow
@given(STEPS)
def test_changes_that_are_replayed_in_another_store_make_the_same_records(steps: list[tuple[str, Any, Any]]) -> None:
    context, records = walked(steps)
    other = FakeContext(kinds=KINDS)
    assert sum(replay(histories(context), other)) == sum(map(len, histories(context)))
    assert records_of(other) == records_of(context)
    require_sound(other, records)
    mine, others = (list(comparisons(each)) for each in (context, other))
    assert [comparison.digest for comparison in mine] == [comparison.digest for comparison in others]
    assert all(comparison.is_sound for comparison in [*mine, *others])


@pytest.mark.slow
@given(STEPS, st.data())
def test_what_was_spoiled_is_as_it_was_after_a_rebuild(steps: list[tuple[str, Any, Any]], data: st.DataObject) -> None:
    context, records = walked(steps)
    before = records_of(context)
    paths = [path for path in context.store.docs if path.startswith(("records_", "record_claims"))]
    for path in data.draw(st.sets(st.sampled_from(paths))):
        doc = context.store.docs[path]
        is_removed = path.startswith("record_claims") or data.draw(st.booleans())
        context.store.commit([Delete(path, doc.version) if is_removed else _spoiled(doc)])
    list(comparisons(context, fixing=True))
    assert records_of(context) == before
    require_sound(context, records)
    assert all(comparison.is_sound for comparison in comparisons(context))


def _spoiled(doc: Doc) -> Update:
    return Update(doc.path, {"values": {"name": "spoiled"}, "title": "spoiled", "n": 99, "terms": []}, doc.version)


@given(st.sampled_from(["edit", "take the key", "create the same"]))
def test_an_import_that_somebody_else_crosses_writes_all_rows_but_what_conflicts(crossing: str) -> None:
    store = Contested()
    context = FakeContext(kinds=KINDS, store=store)
    known = create(CUSTOMER, {"name": "Ada", "email": "ada@x.io"}, ME, context).record
    crossed = {
        "edit": lambda: edit(CUSTOMER, known, {"is_vip": True}, ME, OWNERS, context),
        "take the key": lambda: edit(CUSTOMER, known, {"email": "grace@x.io"}, ME, {}, context),
        "create the same": lambda: create(CUSTOMER, {"name": "G.", "email": "grace@x.io"}, ME, context),
    }[crossing]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        file.write_text("name,email,plan\nAda,ada@x.io,pro\nGrace,grace@x.io,pro\nEdith,edith@x.io,pro\n")
        cause = cause_of(CUSTOMER, file, "")
        imported = FileImport(CUSTOMER, Source(file), Columns(CUSTOMER, {}, frozenset()), cause, {}, context)
        plans = list(imported.plans())
        store.rival = crossed
        written = list(imported.write(iter(plans)))
        again = [plan.verdict for plan in imported.plans()]
    assert len(written) == len(plans)
    assert again == ["same"] * 3
    assert all(comparison.is_sound for comparison in comparisons(context))
