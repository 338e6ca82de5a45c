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
from typing import Any, NamedTuple, TypeVar

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
_KEPT = 4000
_ENOUGH = 10_000


class _StayPut(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_StayPut)


class Refused(DeliveryError):
    """An answer with *status* that is no success; *answer* is the beginning of its body."""

    def __init__(self, status: int, headers: "Message[str, str] | None" = None, answer: bytes = b"") -> None:
        permanent = 300 <= status < 500 and status not in _TRANSIENT  # noqa: PLR2004
        after = retry_after(headers, datetime.now(UTC)) if headers and status in _ASKS_FOR_TIME else 0
        reason = _REASONS.get(status, "rejected")
        super().__init__(reason, permanent=permanent, detail=f"HTTP {status}", after=after)
        self.status = status
        self.answer = _words(answer)


class Answer(NamedTuple):
    """A successful answer, with the beginning of its body on one line."""

    status: int
    words: str


def json_body(content: dict[str, Any]) -> bytes:
    """*content* as it is sent. Characters other than ASCII are not escaped, because receivers limit the bytes."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def post_json(url: str, content: dict[str, Any], headers: dict[str, str]) -> Answer:
    """The successful answer. Raises DeliveryError."""
    return post(url, json_body(content), {"content-type": "application/json", **headers})


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """The successful answer. Raises DeliveryError."""
    request = urllib.request.Request(url, body, headers)  # noqa: S310
    return _open(request, lambda answer: Answer(int(answer.status), _words(_beginning(answer))))


def ask(url: str, headers: dict[str, str]) -> bytes:
    """The beginning of the resource at *url*; empty if the server answers but lacks it. Raises DeliveryError."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    try:
        return _open(request, lambda answer: answer.read(_ENOUGH))
    except Refused as fault:
        if fault.status in _NOT_THERE:
            return b""
        raise


def _open(request: urllib.request.Request, take: Callable[[HTTPResponse], T]) -> T:
    """The result of *take* for a successful answer."""
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            return take(answer)
    except urllib.error.HTTPError as fault:
        with fault:
            raise Refused(fault.code, fault.headers, _beginning(fault)) from None
    except (OSError, HTTPException, ValueError) as fault:
        raise undelivered(fault) from None


def _beginning(answer: "HTTPResponse | urllib.error.HTTPError") -> bytes:
    """The beginning of the body. The status is the outcome, so an error while the body is read changes nothing."""
    try:
        return answer.read(_ENOUGH)
    except (OSError, HTTPException, ValueError):
        return b""


def _words(body: bytes) -> str:
    """The beginning of *body*, long enough that what is shown of it can be cut after secrets have been removed."""
    return body[:_KEPT].decode("utf-8", "replace")


def call(url: str) -> None:
    """GET *url*. A failure is only logged, without the address."""
    request = urllib.request.Request(url)  # noqa: S310
    try:
        within(TIMEOUT, lambda: _open(request, lambda answer: answer.status))
    except TimeoutError:
        _log.warning("call_failed", reason="timeout", detail="")
    except DeliveryError as fault:
        _log.warning("call_failed", reason=fault.reason, detail=fault.detail)
