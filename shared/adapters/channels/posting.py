"""One HTTP request to a receiver, and its answer as what it means for the delivery.

What is sent goes to the address that the operator gave and nowhere else: a redirect is refused, since it could carry
the page, and what is secret in the address, to a stranger.
"""

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import structlog

from shared.errors import DeliveryError, DeliveryReason

TIMEOUT = 10.0
_REASONS: dict[int, DeliveryReason] = {401: "unauthorized", 403: "unauthorized", 408: "timeout", 429: "rate_limited"}
_TRANSIENT = frozenset({408, 425, 429})
_log = structlog.get_logger()


class _StayPut(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_StayPut)


def post_json(url: str, content: dict[str, Any], headers: dict[str, str]) -> int:
    """The status of the answer, which is a good one. Raises DeliveryError."""
    body = json.dumps(content).encode()
    return _open(urllib.request.Request(url, body, {"content-type": "application/json", **headers}))  # noqa: S310


def _open(request: urllib.request.Request) -> int:
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        fault.close()
        permanent = 300 <= fault.code < 500 and fault.code not in _TRANSIENT  # noqa: PLR2004
        reason = _REASONS.get(fault.code, "rejected")
        raise DeliveryError(reason, permanent=permanent, detail=f"HTTP {fault.code}") from None
    except TimeoutError:
        raise DeliveryError("timeout") from None
    except (OSError, HTTPException, ValueError) as fault:
        timed_out = isinstance(getattr(fault, "reason", None), TimeoutError)
        raise DeliveryError("timeout" if timed_out else "unreachable", detail=type(fault).__name__) from None


def call(url: str) -> None:
    """GET *url*; what goes wrong is only logged, without the address."""
    try:
        _open(urllib.request.Request(url))  # noqa: S310
    except DeliveryError as fault:
        _log.warning("call_failed", reason=fault.reason, detail=fault.detail)
