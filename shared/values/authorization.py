"""The header `authorization`: a scheme, one space and credentials, read byte for byte.

Nothing is stripped or repaired: two readers that repair differently see two different credentials in one header.
Sources: RFC 9110, section 11.6.2 (credentials); RFC 6750, section 2.1 (`b64token`); RFC 7515, section 7.1.
"""

import re
from collections.abc import Mapping

from shared.values.http import SERVERLESS_AUTHORIZATION, SIGNATURE_REMOVED

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def credentials(headers: Mapping[str, str], scheme: str) -> str | None:
    """What follows *scheme*, in any case, and one space; None if the request has no header with this scheme."""
    given, _, rest = headers.get("authorization", "").partition(" ")
    return rest if given.lower() == scheme.lower() else None


def compact_token(text: str | None) -> str:
    """*text* if it has the three parts of a signed token, none of them empty; else an empty text."""
    return text if text and _COMPACT.fullmatch(text) else ""


def identity_token(headers: Mapping[str, str]) -> str:
    """The bearer token of a request; empty if there is none, or if nobody can have verified it.

    Cloud Run verifies only one header. It may have removed the signature of a token in that header; in another header,
    a token without its signature comes from the caller.
    """
    token = compact_token(credentials(headers, "Bearer"))
    return "" if token.endswith(SIGNATURE_REMOVED) and SERVERLESS_AUTHORIZATION in headers else token
