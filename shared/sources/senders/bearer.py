"""A shared token in the Authorization header, for senders that sign nothing. Source: RFC 6750, section 2.1."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.sources.contract import Scheme, lacking
from shared.sources.signatures import encoded, rejected, require_match
from shared.values.authorization import credentials
from shared.values.http import HttpRequest


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    token = credentials(request.headers, "Bearer")
    if not token:
        raise rejected(failed="token")
    require_match([encoded(token)], [secret.encode() for secret in secrets], "token")


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


SCHEME = Scheme(verify=verify, sign=sign, signed=None, missing=lacking("authorization"))
