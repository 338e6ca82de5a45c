"""Stripe's signature. Source: "Verify webhook signatures manually", docs.stripe.com."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.sources.contract import Scheme, lacking
from shared.sources.payload import text
from shared.sources.senders.stripe.events import FORMAT
from shared.sources.signatures import digest, encoded, pairs, rejected, require_match, require_recent, values
from shared.values.http import HttpRequest

__all__ = ["FORMAT", "SCHEME"]


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    parts = pairs(request.headers.get("stripe-signature", ""))
    times = values(parts, "t")
    if len(times) != 1:
        raise rejected(failed="timestamp", detail="missing" if not times else "several")
    require_recent(times[0], now=now, tolerance=tolerance)
    expected = [_signature(secret, times[0], request.body) for secret in secrets]
    require_match(map(encoded, values(parts, "v1")), expected)


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    time = str(int(now.timestamp()))
    return {"stripe-signature": f"t={time},v1={_signature(secret, time, body).decode()}"}


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return text(payload, "id") or None


def _signature(secret: str, time: str, body: bytes) -> bytes:
    """The key is the whole `whsec_...` text, literally."""
    return digest(secret.encode(), time.encode() + b"." + body).hex().encode()


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, signs_time=True, signs_id=True, missing=lacking("stripe-signature")
)
