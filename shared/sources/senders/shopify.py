"""Shopify. Source: "Deliver webhooks through HTTPS", shopify.dev. The headers, with id and time, are not signed."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.events import Alert, BusinessEvent, Money, Signal
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import moment, require, text
from shared.sources.signatures import digest, encoded, require_match
from shared.values.http import HttpRequest
from shared.values.money import exponent


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
    return headers["x-shopify-topic"]


def translate(kind: str, payload: Any) -> Meaning:
    signal = _signal(kind, require({"body": payload}, "body", dict))
    return Meaning(signal.title, (signal,)) if signal else Meaning(f"{kind} in Shopify")


def _signal(kind: str, body: dict[str, Any]) -> Signal | None:
    match kind:
        case "orders/paid":
            title = f"Order {text(body, 'name', 'id')} was paid"
            return BusinessEvent(title=title, money=_money(body, "total_price"), about="money in")
        case "refunds/create":
            return BusinessEvent(title=f"Order {text(body, 'order_id')} was refunded")
        case "disputes/create" | "disputes/update":
            return _dispute(body)
        case "app/uninstalled":
            return BusinessEvent(title=f"App uninstalled by {text(body, 'myshopify_domain', 'domain', 'name')}")
    return None


def _dispute(body: dict[str, Any]) -> Alert:
    over = text(body, "status") in {"won", "lost", "accepted", "charge_refunded"}
    return Alert(
        fingerprint=f"dispute:{text({'id': require(body, 'id', int)}, 'id')}",
        title=f"Order {text(body, 'order_id')} is disputed",
        severity="critical",
        status="resolved" if over else "firing",
        summary=text(body, "reason"),
        money=_money(body, "amount"),
        at=moment(body, "finalized_on" if over else "initiated_at"),
    )


def _money(body: dict[str, Any], amount: str) -> Money | None:
    """Shopify writes `"49.00"`; Money counts minor units."""
    currency = text(body, "currency")
    try:
        return Money(amount=int(Decimal(text(body, amount)).scaleb(exponent(currency))), currency=currency)
    except (InvalidOperation, OverflowError):
        return None


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(digest(secret.encode(), body))


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, headers=("x-shopify-topic", "x-shopify-webhook-id"),
    missing=lacking("x-shopify-hmac-sha256"),
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate)
