"""Sends one HTTP request to a receiver, and translates its answer into the result of the delivery.

The request goes only to the address that the operator configured. Redirects are not followed: they could send the
message, and the secret in the address, to a stranger.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import Any, TypeVar

from shared.adapters.channels.reachability import undelivered
from shared.adapters.channels.retry_after import retry_after
from shared.errors import DeliveryError, DeliveryReason
from shared.process.deadline import within
from shared.telemetry.logger import log as _log

T = TypeVar("T")
TIMEOUT = 10.0
"""Seconds for one step of a request. `shared.process.shares` limits the request."""
_REASONS: dict[int, DeliveryReason] = {401: "unauthorized", 403: "unauthorized", 408: "timeout", 429: "rate_limited"}
_TRANSIENT = frozenset({408, 425, 429})
_ASKS_FOR_TIME = frozenset({429, 503})
_NOT_THERE = frozenset({404, 405, 410})
_ENOUGH = 10_000


class _StayPut(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_StayPut)


class _Refused(DeliveryError):
    def __init__(self, status: int, headers: "Message[str, str]") -> None:
        permanent = 300 <= status < 500 and status not in _TRANSIENT  # noqa: PLR2004
        after = retry_after(headers, datetime.now(UTC)) if status in _ASKS_FOR_TIME else 0
        reason = _REASONS.get(status, "rejected")
        super().__init__(reason, permanent=permanent, detail=f"HTTP {status}", after=after)
        self.status = status


def post_json(url: str, content: dict[str, Any], headers: dict[str, str]) -> int:
    """The status of a successful answer. Raises DeliveryError."""
    body = json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json", **headers})  # noqa: S310
    return _open(request, lambda answer: int(answer.status))


def ask(url: str, headers: dict[str, str]) -> bytes:
    """The beginning of the resource at *url*; empty if the server answers but lacks it. Raises DeliveryError."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    try:
        return _open(request, lambda answer: answer.read(_ENOUGH))
    except _Refused as fault:
        if fault.status in _NOT_THERE:
            return b""
        raise


def _open(request: urllib.request.Request, take: Callable[[HTTPResponse], T]) -> T:
    """The result of *take* for a successful answer."""
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            return take(answer)
    except urllib.error.HTTPError as fault:
        fault.close()
        raise _Refused(fault.code, fault.headers) from None
    except (OSError, HTTPException, ValueError) as fault:
        raise undelivered(fault) from None


def call(url: str) -> None:
    """GET *url*. A failure is only logged, without the address."""
    request = urllib.request.Request(url)  # noqa: S310
    try:
        within(TIMEOUT, lambda: _open(request, lambda answer: answer.status))
    except TimeoutError:
        _log.warning("call_failed", reason="timeout", detail="")
    except DeliveryError as fault:
        _log.warning("call_failed", reason=fault.reason, detail=fault.detail)
