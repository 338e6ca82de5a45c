"""Shopify. Source: "Deliver webhooks through HTTPS", shopify.dev. The headers, with id and time, are not signed."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.events import Alert, BusinessEvent, Money, Signal
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import header, moment, optional, require, text
from shared.sources.signatures import digest, encoded, require_match
from shared.values.http import HttpRequest
from shared.values.money import exponent

_FAILED = frozenset({"failure", "error"})
_DECIDED = {"won": "won", "lost": "lost", "accepted": "accepted", "charge_refunded": "refunded"}
"""What ends a dispute, as a person would say it."""


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    signature = encoded(request.headers.get("x-shopify-hmac-sha256", ""))
    require_match([signature], [_signature(secret, request.body) for secret in secrets])


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {
        "x-shopify-hmac-sha256": _signature(secret, body).decode(),
        "x-shopify-webhook-id": delivery,
        "x-shopify-topic": event_type,
    }


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return request.headers.get("x-shopify-webhook-id")


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return header(headers, "x-shopify-topic")


def is_test(payload: Any) -> bool:
    """Whether no money is real: an order that was paid by a test gateway, or a refund of one."""
    orders = (payload, *optional(payload, "transactions", list, []))
    return any(isinstance(order, dict) and order.get("test") is True for order in orders)


def translate(kind: str, payload: Any) -> Meaning:
    signal = _signal(kind, require({"body": payload}, "body", dict))
    if signal is None:
        return Meaning(f"{kind} in Shopify")
    if is_test(payload):
        signal = signal.model_copy(update={"labels": {"livemode": "false"}})
    return Meaning(signal.title, (signal,))


def _signal(kind: str, body: dict[str, Any]) -> Signal | None:
    match kind:
        case "orders/paid":
            title = f"Order {text(body, 'name', 'id')} was paid"
            return BusinessEvent(title=title, money=_money([body], "total_price"), about="money in")
        case "orders/cancelled":
            title = f"Order {text(body, 'name', 'id')} was cancelled"
            return BusinessEvent(title=title, summary=text(body, "cancel_reason"))
        case "refunds/create":
            return _refund(body)
        case "disputes/create" | "disputes/update":
            return _dispute(body)
        case "app/uninstalled":
            return BusinessEvent(title=f"App uninstalled by {text(body, 'myshopify_domain', 'domain', 'name')}")
    return None


def _refund(body: dict[str, Any]) -> BusinessEvent:
    """Only what a gateway has paid back is money; goods may come back without it."""
    entries = optional(body, "transactions", list, [])
    refunds = [entry for entry in entries if text(entry, "kind") == "refund"]
    paid_back = [refund for refund in refunds if text(refund, "status") == "success"]
    failed = not paid_back and any(text(refund, "status") in _FAILED for refund in refunds)
    order = text(body, "order_id")
    title = f"Refund of order {order} failed" if failed else f"Order {order} was refunded"
    return BusinessEvent(title=title, summary=text(body, "note"), money=_money(paid_back, "amount"))


def _dispute(body: dict[str, Any]) -> Alert:
    order, status = text(body, "order_id"), text(body, "status")
    what, over = f"order {order}" if order else "a payment", status in _DECIDED
    return Alert(
        fingerprint=f"dispute:{require({'id': text(body, 'id') or None}, 'id', str)}",
        title=f"Dispute of {what} is {_DECIDED[status]}" if over else f"{what.capitalize()} is disputed",
        severity="critical",
        status="resolved" if over else "firing",
        summary=text(body, "reason"),
        money=_money([body], "amount"),
        at=_ended_at(body) if over else moment(body, "initiated_at"),
    )


def _ended_at(dispute: dict[str, Any]) -> datetime | None:
    """None if the day on which it ended began before the dispute: `finalized_on` may be midnight of that day."""
    began, ended = moment(dispute, "initiated_at"), moment(dispute, "finalized_on")
    return None if began and ended and ended < began else ended


def _money(payments: Sequence[Any], amount: str) -> Money | None:
    """The sum of *payments*, whose field *amount* is `"49.00"`; None if they have no amount in one currency."""
    currencies = {text(payment, "currency", f"{amount}_set.shop_money.currency_code") for payment in payments}
    if len(currencies) != 1 or not (currency := currencies.pop()):
        return None
    try:
        total = sum((Decimal(str(payment.get(amount))) for payment in payments), Decimal())
        return Money(amount=int(total.scaleb(exponent(currency))), currency=currency)
    except (ArithmeticError, ValueError):
        return None


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(digest(secret.encode(), body))


_HEADERS = (
    "x-shopify-topic", "x-shopify-webhook-id", "x-shopify-shop-domain", "x-shopify-api-version", "x-shopify-event-id",
    "x-shopify-triggered-at",
)  # fmt: skip
"""Shopify's library for apps rejects a webhook without the first four."""
SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, headers=_HEADERS, missing=lacking("x-shopify-hmac-sha256"),
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate, headers=("x-shopify-topic",), is_test=is_test)
