"""A record that a later release has stored, seen by an earlier one, as after a rollback or beside a canary."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from shared.records import External, Key, Record, upcast
from shared.records.kind import Kind
from shared.records.observation import Observation
from shared.services.records.edits import create, edit, set_state, undo_change
from shared.services.records.merge import merge
from shared.services.records.observations import observe
from shared.services.records.record import MadeLater, stored
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER
from tests.support.records import ME


class Earlier(Record, kind="customer", version=2):
    label: str
    email: Key[str] | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None


@upcast(Earlier, 1)
def _same(values: dict[str, Any]) -> dict[str, Any]:
    return values


KIND = Kind(Earlier)


@pytest.fixture
def context() -> FakeContext:
    return FakeContext(kinds={"customer": CUSTOMER})


SAID = Observation("customer", "stripe", "cus_1", "2026-11-20T08:00:00.000000Z", "e1", {"label": "Ada L."})


def created(context: FakeContext, **ids: str) -> str:
    return create(CUSTOMER, {"name": "Ada Okafor", **ids}, ME, context).record


Act = Callable[[str, str, FakeContext], object]
ACTS: dict[str, Act] = {
    "edit": lambda record, _other, context: edit(KIND, record, {"label": "Ada L."}, ME, {}, context),
    "delete": lambda record, _other, context: set_state(KIND, record, "deleted", ME, context),
    "observe": lambda _record, _other, context: observe(SAID, {}, context),
    "merge": lambda record, other, context: merge(KIND, record, other, ME, {}, context),
    "undo": lambda record, _other, context: undo_change(KIND, record, 1, ME, {}, context),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_record_of_a_later_version_is_left_as_it_is_and_read(context: FakeContext, act: str) -> None:
    record, other = created(context, stripe_id=SAID.id), created(context)
    earlier, before = FakeContext(store=context.store, kinds={"customer": KIND}), dict(context.store.docs)
    with pytest.raises(MadeLater, match=r"expected a customer of version 2 or earlier, found version 3"):
        ACTS[act](record, other, earlier)
    assert context.store.docs == before
    record = stored(KIND, record, context)
    assert record
    assert record.values["name"] == "Ada Okafor"
