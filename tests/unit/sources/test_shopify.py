"""What Shopify sends besides the payloads in tests/payloads. Source: "Webhooks", shopify.dev."""

from typing import Any

import pytest

from shared.config.sources import Source
from shared.events import Money, Signal
from shared.intake.webhook import Reading, read
from shared.sources.senders.shopify import is_test

SOURCE = Source(scheme="shopify", secrets=("S",))


def reading(topic: str, body: Any) -> Reading:
    return read("shopify", SOURCE, {"x-shopify-topic": topic}, body)


def signal(topic: str, body: Any) -> Signal:
    (only,) = reading(topic, body).signals
    return only


def transaction(amount: Any, *, status: str = "success", currency: str = "EUR", **more: Any) -> dict[str, Any]:
    return {"kind": "refund", "status": status, "amount": amount, "currency": currency, **more}


@pytest.mark.parametrize(
    ("transactions", "title", "money"),
    [
        ([transaction("49.00")], "Order 7 was refunded", (4900, "EUR")),
        ([transaction("10.00"), transaction("2.55")], "Order 7 was refunded", (1255, "EUR")),
        ([transaction("49.00"), transaction("9.00", status="failure")], "Order 7 was refunded", (4900, "EUR")),
        ([transaction("49.00"), {**transaction("9.00"), "kind": "sale"}], "Order 7 was refunded", (4900, "EUR")),
        ([transaction(1500, currency="JPY")], "Order 7 was refunded", (1500, "JPY")),
        ([transaction(12.5)], "Order 7 was refunded", (1250, "EUR")),
        ([transaction("1.00"), transaction("1.00", currency="USD")], "Order 7 was refunded", None),
        ([transaction("1.00", status="pending")], "Order 7 was refunded", None),
        ([transaction("1.00", status="failure")], "Refund of order 7 failed", None),
        ([], "Order 7 was refunded", None),
        (None, "Order 7 was refunded", None),
        (["?"], "Order 7 was refunded", None),
    ],
)
def test_a_refund_has_the_money_that_was_paid_back(
    transactions: Any, title: str, money: tuple[int, str] | None
) -> None:
    refund = signal("refunds/create", {"id": 5, "order_id": 7, "transactions": transactions})
    assert refund.kind == "event"
    assert (refund.title, refund.about) == (title, "other")
    assert refund.money == (Money(amount=money[0], currency=money[1]) if money else None)


@pytest.mark.parametrize(
    ("order", "money"),
    [
        ({"total_price": "49.00", "currency": "EUR"}, (4900, "EUR")),
        ({"total_price": "49.00", "total_price_set": {"shop_money": {"currency_code": "EUR"}}}, (4900, "EUR")),
        ({"total_price": "0.00", "currency": "EUR"}, (0, "EUR")),
        ({"total_price": "49.00"}, None),
        ({"total_price": "49.00", "currency": None}, None),
        ({"currency": "EUR"}, None),
        ({"total_price": "much", "currency": "EUR"}, None),
        ({"total_price": "NaN", "currency": "EUR"}, None),
        ({"total_price": "1e40", "currency": "EUR"}, None),
    ],
)
def test_an_order_without_a_sum_or_a_currency_is_news_without_money(
    order: dict[str, Any], money: tuple[int, str] | None
) -> None:
    paid = signal("orders/paid", {"id": 7, "name": "#7", **order})
    assert paid.title == "Order #7 was paid"
    assert paid.money == (Money(amount=money[0], currency=money[1]) if money else None)


@pytest.mark.parametrize(
    ("dispute", "said"),
    [
        ({"id": 1, "order_id": 7, "status": "needs_response"}, "firing dispute:1 Order 7 is disputed"),
        ({"id": "1", "order_id": "7", "status": "under_review"}, "firing dispute:1 Order 7 is disputed"),
        ({"id": 1, "order_id": None, "status": "needs_response"}, "firing dispute:1 A payment is disputed"),
        ({"id": 1, "order_id": 7, "status": "won"}, "resolved dispute:1 Dispute of order 7 is won"),
        ({"id": 1, "order_id": 7, "status": "lost"}, "resolved dispute:1 Dispute of order 7 is lost"),
        ({"id": 1, "order_id": 7, "status": "charge_refunded"}, "resolved dispute:1 Dispute of order 7 is refunded"),
        ({"id": 1, "order_id": None, "status": "accepted"}, "resolved dispute:1 Dispute of a payment is accepted"),
    ],
)
def test_a_dispute_says_how_it_ended(dispute: dict[str, Any], said: str) -> None:
    alert = signal("disputes/update", dispute)
    assert alert.kind == "alert"
    assert f"{alert.status} {alert.fingerprint} {alert.title}" == said


def test_a_cancelled_order_is_news_with_its_reason() -> None:
    news = signal("orders/cancelled", {"id": 7, "name": "#7", "cancel_reason": "fraud"})
    assert (news.title, news.summary) == ("Order #7 was cancelled", "fraud")


@pytest.mark.parametrize(
    "topic",
    ["orders/create", "orders/updated", "orders/edited", "orders/fulfilled", "orders/partially_fulfilled",
     "order_transactions/create", "fulfillments/create", "fulfillment_events/create", "checkouts/create",
     "customers/redact", "shop/update", "inventory_levels/update", "a/topic_of_tomorrow"],
)  # fmt: skip
def test_all_else_is_kept_with_a_subject_and_without_a_quarantine(topic: str) -> None:
    assert reading(topic, {"id": 7}) == Reading(topic, f"{topic} in Shopify", ())


@pytest.mark.parametrize(
    ("body", "test"),
    [
        ({"test": True, "total_price": "49.00"}, True),
        ({"test": False, "total_price": "49.00"}, False),
        ({"total_price": "49.00"}, False),
        ({"order_id": 7, "transactions": [transaction("1.00", test=True)]}, True),
        ({"order_id": 7, "transactions": [transaction("1.00", test=False)]}, False),
        ({"order_id": 7, "transactions": None}, False),
        ({"test": "true"}, False),
        ([], False),
        (None, False),
        ({"transactions": ["?"]}, False),
    ],
)
def test_orders_of_a_test_gateway_are_known_by_their_body(body: Any, *, test: bool) -> None:
    assert is_test(body) is test


TESTS = [
    ("orders/paid", {"id": 7, "name": "#7", "total_price": "49.00", "currency": "EUR", "test": True}),
    ("refunds/create", {"id": 5, "order_id": 7, "transactions": [transaction("1.00", test=True)]}),
    ("disputes/create", {"id": 1, "order_id": 7, "status": "needs_response", "test": True}),
]


@pytest.mark.parametrize(("topic", "body"), TESTS)
def test_what_a_test_gateway_did_is_noted_only_unless_the_source_handles_it(topic: str, body: Any) -> None:
    noted = reading(topic, body)
    assert (noted.type, noted.signals, noted.quarantine) == (topic, (), None)
    assert noted.subject.startswith("test mode: Order ")
    handles = SOURCE.model_copy(update={"test_mode": "handle"})
    (handled,) = read("shopify", handles, {"x-shopify-topic": topic}, body).signals
    assert handled.labels == {"livemode": "false"}


def test_what_is_no_test_has_no_label_of_one() -> None:
    assert [signal(topic, {**body, "test": False, "transactions": []}).labels for topic, body in TESTS] == [{}] * 3
