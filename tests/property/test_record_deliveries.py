"""Webhooks in any order, repeated and replayed from the event log, give the same records: with the shipped mappings."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.record_keeper.handler import handle
from shared.events import EventAccepted
from shared.records.history import folded
from shared.services.intake.replay import replay
from shared.services.records.changes import changes_of
from tests.support.fakes import FakeContext
from tests.support.fed import accept, bodies, customer, fed, records, stripe, subscription

Delivery = tuple[str, str, dict[str, Any]]
"""The source, the type in its header, and the payload."""
SECOND = st.integers(0, 2)
NAME = st.none() | st.sampled_from(["Ada", "Grace"])


def customers() -> st.SearchStrategy[Delivery]:
    types = st.sampled_from(["customer.created", "customer.updated", "customer.deleted"])
    fields = st.fixed_dictionaries({"id": st.sampled_from(["cus_1", "cus_2"])}, optional={"name": NAME, "phone": NAME})
    return st.builds(_stripe, types, fields.map(lambda told: {**customer(email=None), **told}), SECOND)


def subscriptions() -> st.SearchStrategy[Delivery]:
    types = st.sampled_from([f"customer.subscription.{word}" for word in ("created", "updated", "paused", "deleted")])
    statuses = st.sampled_from(["active", "past_due", "canceled"]).map(lambda status: subscription(status=status))
    return st.builds(_stripe, types, statuses, SECOND)


def _stripe(type: str, object: dict[str, Any], second: int) -> Delivery:
    return "stripe", "", stripe(type, object, created=1795161600 + second)


def releases() -> st.SearchStrategy[Delivery]:
    def release(action: str, name: str | None, second: int) -> Delivery:
        told = {"id": 7, "name": name, "tag_name": "v1", "updated_at": f"2026-11-20T08:00:0{second}Z"}
        return "github", "release", {"action": action, "release": told, "repository": {"full_name": "acme/shop"}}

    return st.builds(release, st.sampled_from(["published", "edited", "deleted", "created"]), NAME, SECOND)


def shoppers() -> st.SearchStrategy[Delivery]:
    def shopper(name: str | None, second: int) -> Delivery:
        told = {"id": 5, "first_name": name, "last_name": None, "email": "ada@example.com"}
        return "shopify", "customers/update", {**told, "updated_at": f"2026-11-20T08:00:0{second}Z"}

    return st.builds(shopper, NAME, SECOND) | st.just(("shopify", "customers/delete", {"id": 5}))


def accepted(deliveries: Sequence[Delivery], context: FakeContext) -> list[EventAccepted]:
    """The messages of *deliveries*, each under an id of its own."""
    return [
        accept(
            source, {**payload, **({"id": f"evt_{n}"} if source == "stripe" else {})}, context, type=type, id=f"d{n}"
        )
        for n, (source, type, payload) in enumerate(deliveries)
    ]


def replayed(messages: Sequence[EventAccepted], context: FakeContext) -> list[EventAccepted]:
    """The messages by which the events of *messages* come from the event log again."""
    before = len(context.bus.published)
    for number, message in enumerate(messages):
        doc = context.store.get(f"events/{message.id}")
        assert doc is not None
        replay(doc, f"n{number}", context, is_named=False)
    return [message for message in context.bus.published[before:] if isinstance(message, EventAccepted)]


@given(st.lists(customers() | subscriptions() | releases() | shoppers(), min_size=1, max_size=6), st.data())
def test_any_order_repetition_and_replay_gives_the_same_values_and_clocks(
    deliveries: list[Delivery], data: st.DataObject
) -> None:
    kept = []
    for shuffled in (False, True):
        context = fed()
        messages = accepted(deliveries, context)
        if shuffled:
            again = data.draw(st.lists(st.sampled_from(messages), max_size=3))
            messages = data.draw(st.permutations([*messages, *again])) + replayed(messages, context)
        for message in messages:
            handle(message, context)
        kept.append(bodies(context))
        for record in [record for kind in context.kinds for record in records(kind, context)]:
            assert folded(changes_of(record.id, context)) == kept[-1][record.path]
    assert kept[0] == kept[1]


@given(st.permutations(["created", "updated", "deleted"]))
def test_within_a_second_the_type_that_comes_later_in_the_mapping_counts(order: list[str]) -> None:
    context = fed()
    for number, word in enumerate(order):
        event = stripe(f"customer.{word}", customer(name=word), id=f"evt_{number}")
        handle(accept("stripe", event, context), context)
    (record,) = records("customer", context)
    assert (record.data["state"], record.data["values"]["name"]) == ("deleted", "updated")
