"""Forgetting: what was interrupted ends as what was not, and what is scrubbed is scrubbed everywhere."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import Alert, Event, iso
from shared.ports import Create, Write
from shared.records.body import Body
from shared.records.forgetting import is_kept, without_values
from shared.records.history import folded, rewound
from shared.records.observation import Observation
from shared.services.intake.acceptance import keep
from shared.services.records.changes import changes_of
from shared.services.records.edits import IsForgotten, create, edit, set_state
from shared.services.records.forgetting import forget
from shared.services.records.merge import merge
from shared.services.records.observations import observe
from shared.services.records.person import Subject
from shared.services.records.record import Stored, stored
from shared.services.records.suppression import WasForgotten
from tests.property.test_records import STEPS, walked
from tests.support.fakes import FakeContext, FakeStore
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME

NAME, EMAIL, ID = "Zyxora Qanary", "zyxora@example.org", "cus_qanary7"
CANARY = re.compile("zyxora|qanary", re.IGNORECASE)
ALERT = "a" * 32


class Killed(BaseException):
    pass


@dataclass
class MortalStore(FakeStore):
    """Ends the process before commit number `dies_at`, or right after it."""

    dies_at: int = -1
    after: bool = False
    made: int = 0

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        self.made += 1
        if self.made == self.dies_at and not self.after:
            raise Killed
        committed = super().commit(writes)
        if self.made == self.dies_at:
            raise Killed
        return committed


@dataclass
class SharedStore(FakeStore):
    """Before commit number `at`, somebody else acts."""

    at: int = -1
    act: Callable[[], object] = lambda: None
    made: int = 0

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        self.made += 1
        if self.made == self.at:
            self.act()
        return super().commit(writes)


def said(event: str, values: dict[str, Any], id: str = ID) -> Observation:
    return Observation("customer", "stripe", id, "2026-11-28T12:00:00.000000Z", event, values)


def planted(store: FakeStore) -> tuple[FakeContext, str]:
    """A bundle that speaks of a person in many places, and the id of the record."""
    context = FakeContext(store=store, kinds=KINDS)
    event = Event(
        id="e" * 32, source="stripe", type="customer.updated", delivery_id="evt_1", subject=f"New: {EMAIL}",
        received_at=context.now, owner="me@example.com", trace="t", body=json.dumps({"id": ID, "name": NAME}),
        body_sha256="0",
    )  # fmt: skip
    firing = Alert(fingerprint="f", title=f"{NAME} did not pay", severity="warning")
    alert = {
        "id": ALERT, "state": "firing", "severity": "warning", "title": firing.title, "labels": {"customer": ID},
        "source": "stripe", "last_event": event.id, "summary": "", "terms": ["zyxora@open"], "urgency": None,
    }  # fmt: skip
    context.store.commit([keep(event, (firing,)), Create(f"alerts/{ALERT}", alert)])
    id = observe(said(event.id, {"name": NAME, "email": EMAIL}), OWNERS, context).record
    context.clock.advance(seconds=1)
    edit(CUSTOMER, id, {"name": "Zyxora Q.", "tags": [f"asked by {EMAIL}"]}, ME, OWNERS, context)
    other = create(CUSTOMER, {"name": "Zyxora", "shopify_id": "77qanary"}, ME, context).record
    merge(CUSTOMER, other, id, ME, OWNERS, context)
    create(CUSTOMER, {"name": "Grace", "tags": [f"friend of {NAME}", "vip"]}, ME, context)
    return context, id


def forgotten(context: FakeContext, id: str) -> None:
    for _ in forget(Subject(CUSTOMER, (id,)), ME, context):
        pass


def state(store: FakeStore) -> dict[str, Any]:
    """All documents but the secret and the ids that follow from it, and when the sweeper announces a change."""
    docs = {path: doc.data for path, doc in store.docs.items() if not path.startswith("suppressions/")}
    return {path: {name: part for name, part in data.items() if name != "due_at"} for path, data in docs.items()}


def test_a_run_that_is_interrupted_after_any_commit_ends_as_one_that_was_not() -> None:
    whole = MortalStore()
    context, id = planted(whole)
    before = whole.made
    forgotten(context, id)
    assert not [path for path, data in state(whole).items() if CANARY.search(json.dumps(data))]
    for number in range(before + 1, whole.made + 1):
        for is_after in (False, True):
            store = MortalStore()
            context, id = planted(store)
            store.dies_at, store.after = number, is_after
            with pytest.raises(Killed):
                forgotten(context, id)
            forgotten(context, id)
            assert state(store) == state(whole), (number, is_after)
            assert len(store.docs) == len(whole.docs)
    kept = stored(CUSTOMER, id, context)
    assert kept is not None
    assert folded(changes_of(id, context)) == kept.body


def test_what_is_forgotten_stays_forgotten_and_as_it_is() -> None:
    context, id = planted(FakeStore())
    forgotten(context, id)
    known = state(context.store)
    for values, key in (({"name": NAME}, ID), ({"email": EMAIL.upper()}, "cus_2")):
        assert observe(said("f" * 32, values, key), OWNERS, context).forgotten_at == iso(context.now)
    for attempt in (
        lambda: edit(CUSTOMER, id, {"plan": "pro"}, ME, OWNERS, context),
        lambda: set_state(CUSTOMER, id, "live", ME, context),
    ):
        with pytest.raises(IsForgotten):
            attempt()
    with pytest.raises(WasForgotten):
        create(CUSTOMER, {"name": "Somebody", "email": EMAIL}, ME, context)
    assert state(context.store) == known
    create(CUSTOMER, {"name": "Somebody", "email": EMAIL, "stripe_id": ID}, ME, context, allow_forgotten=True)
    again = observe(said("f" * 32, {"plan": "pro"}), OWNERS, context)
    assert again.record not in {"", id}
    assert not again.forgotten_at


@given(STEPS)
def test_a_history_without_its_values_adds_up_at_each_version_to_what_is_kept(steps: list[Any]) -> None:
    context = FakeContext(kinds=KINDS)
    changes = changes_of(walked(steps, context), context)
    less = [without_values(CUSTOMER, change) for change in changes]
    assert "Ada" not in json.dumps(less)
    for n in range(1, len(changes) + 1):
        before, after = folded(changes[:n]), folded(less[:n])
        assert before is not None
        assert after is not None
        assert after["values"].keys() == before["values"].keys()
        assert {**after, "values": kept(after)} == {**before, "values": kept(before)}
        assert rewound(after, less[1:n]) == folded(less[:1])


def kept(body: Body) -> dict[str, Any]:
    return {name: value for name, value in body["values"].items() if is_kept(CUSTOMER, name)}


def _twin(context: FakeContext) -> str:
    return create(CUSTOMER, {"name": "Zyxora Twin", "shopify_id": "88qanary"}, ME, context).record


ACTS: Mapping[str, Callable[[FakeContext, str], object]] = {
    "a webhook": lambda context, _: observe(said("f" * 32, {"name": "Zyxora Late"}), OWNERS, context),
    "another webhook": lambda context, _: observe(said("f" * 32, {"email": EMAIL}, "cus_new8"), OWNERS, context),
    "an edit": lambda context, record: edit(
        CUSTOMER, record, {"tags": [f"late {EMAIL}"], "plan": "pro"}, ME, OWNERS, context
    ),
    "a deletion": lambda context, record: set_state(CUSTOMER, record, "deleted", ME, context),
    "a merge": lambda context, record: merge(CUSTOMER, _twin(context), record, ME, OWNERS, context),
}


@given(st.sampled_from(sorted(ACTS)), st.integers(0, 20))
def test_whoever_acts_while_somebody_is_forgotten_brings_nothing_back(name: str, after: int) -> None:
    """A record of its own, of the same name or address, is another one, which the command names."""
    context, id = planted(store := SharedStore())

    def act() -> None:
        with suppress(IsForgotten):
            ACTS[name](context, id)

    store.at, store.act = store.made + after, act
    forgotten(context, id)
    records = [Stored(CUSTOMER, doc) for doc in store.query(CUSTOMER.collection)]
    own = {record.id for record in records if record.body["state"] == "live"}
    left = [path for path, data in state(store).items() if CANARY.search(json.dumps(data))]
    assert {path.partition("/")[2].partition(".")[0] for path in left} <= own
    assert all(folded(changes_of(record.id, context)) == record.body for record in records)
    assert all(record.forgotten_at for record in records if record.id not in own)
