"""Standard Webhooks, and Svix, which has the same format with its own header names.

Source: the Standard Webhooks specification (v1: HMAC-SHA256; v1a: ed25519). A secret is `whsec_` + base64, a public key
`whpk_` + base64. Supabase writes `v1,` before a secret.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events import BusinessEvent
from shared.sources.contract import Format, Meaning, Scheme
from shared.sources.payload import require
from shared.sources.signatures import digest, encoded, rejected, require_match, require_recent
from shared.values.http import HttpRequest


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    id, time, header = (_header(request.headers, name) for name in ("id", "timestamp", "signature"))
    if not id:
        raise rejected()
    require_recent(time, now=now, tolerance=tolerance)
    signed = encoded(id) + b"." + time.encode() + b"." + request.body
    signatures = [part.partition(",")[::2] for part in header.split(" ")]
    if any(_is_signed_by(secret, signed, signatures) for secret in secrets if secret.startswith("whpk_")):
        return
    expected = [_signature(secret, signed) for secret in secrets if not secret.startswith("whpk_")]
    require_match([encoded(value) for version, value in signatures if version == "v1"], expected)


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    time = str(int(now.timestamp()))
    signed = f"{delivery}.{time}.".encode() + body
    signature = f"v1,{_signature(secret, signed).decode()}"
    return {"webhook-id": delivery, "webhook-timestamp": time, "webhook-signature": signature}


def missing(request: HttpRequest) -> str:
    names = ("id", "timestamp", "signature")
    return next((f"webhook-{name}" for name in names if not _header(request.headers, name)), "")


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return _header(request.headers, "id") or None


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return require(payload, "type", str)


def translate(kind: str, payload: Any) -> Meaning:
    require(payload, "data", dict)
    return Meaning(kind, (BusinessEvent(title=kind),))


def _header(headers: Mapping[str, str], name: str) -> str:
    return headers.get(f"webhook-{name}") or headers.get(f"svix-{name}") or ""


def _signature(secret: str, signed: bytes) -> bytes:
    return base64.b64encode(digest(_key(secret, "whsec_"), signed))


def _key(secret: str, prefix: str) -> bytes:
    text = secret.removeprefix("v1,").removeprefix(prefix)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _is_signed_by(public_key: str, signed: bytes, signatures: Sequence[tuple[str, ...]]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(_key(public_key, "whpk_"))
    except ValueError:
        return False
    for signature in _decoded(signatures):
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            continue
        return True
    return False


def _decoded(signatures: Sequence[tuple[str, ...]]) -> Iterator[bytes]:
    for version, value in signatures:
        if version == "v1a":
            try:
                yield base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                continue


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, signs_time=True, signs_id=True,
    headers=("webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp"), missing=missing,
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate)
