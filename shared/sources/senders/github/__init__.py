"""GitHub's signature. Source: "Validating webhook deliveries", docs.github.com. The delivery id is not signed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.sources.contract import Scheme, lacking
from shared.sources.senders.github.events import FORMAT
from shared.sources.signatures import digest, encoded, require_match
from shared.values.http import HttpRequest

__all__ = ["FORMAT", "SCHEME"]


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    signature = encoded(request.headers.get("x-hub-signature-256", ""))
    require_match([signature], [_signature(secret, request.body) for secret in secrets])


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {
        "x-hub-signature-256": _signature(secret, body).decode(),
        "x-github-delivery": delivery,
        "x-github-event": event_type,
    }


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return request.headers.get("x-github-delivery")


def _signature(secret: str, body: bytes) -> bytes:
    return b"sha256=" + digest(secret.encode(), body).hex().encode()


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, missing=lacking("x-hub-signature-256"),
    headers=("x-github-delivery", "x-github-event", "x-github-hook-id"),
)  # fmt: skip
