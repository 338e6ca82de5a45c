"""A user name and password in the Authorization header; the secret is `user:password`. Source: RFC 7617."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.sources.contract import Scheme, lacking
from shared.sources.signatures import encoded, rejected, require_match
from shared.values.authorization import credentials
from shared.values.http import HttpRequest


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    token = credentials(request.headers, "Basic")
    if not token:
        raise rejected(failed="token")
    try:
        given = base64.b64decode(encoded(token), validate=True)
    except (binascii.Error, ValueError):
        raise rejected(failed="token") from None
    require_match([given], [secret.encode() for secret in secrets], "token")


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


SCHEME = Scheme(verify=verify, sign=sign, signed=None, missing=lacking("authorization"))
