"""A shared token in the Authorization header, for senders that sign nothing. Source: RFC 6750, section 2.1."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.sources.contract import Scheme
from shared.sources.signatures import encoded, rejected, require_match
from shared.values.http import HttpRequest


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise rejected()
    require_match([encoded(token.strip())], [secret.encode() for secret in secrets])


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


SCHEME = Scheme(verify=verify, sign=sign, signed=None)
