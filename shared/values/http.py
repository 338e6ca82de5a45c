"""An HTTP request and response as plain values, so that handlers need no web framework."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from shared.errors import OposError

_NONE: Mapping[str, str] = MappingProxyType({})

SIGNATURE_REMOVED = ".SIGNATURE_REMOVED_BY_GOOGLE"
"""The end of an identity token that Cloud Run has verified and passed on."""
SERVERLESS_AUTHORIZATION = "x-serverless-authorization"
"""If this header is present, Cloud Run checks it instead of `authorization`, which it then leaves unchanged."""


class HttpRequest(NamedTuple):
    """`headers` have lower-case names; `body` is the raw bytes; `query` holds the first value of each name.

    `caller` is the network address that the request came from.
    """

    method: str
    path: str
    headers: Mapping[str, str] = _NONE
    query: Mapping[str, str] = _NONE
    body: bytes = b""
    caller: str = ""


class HttpResponse(NamedTuple):
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = _NONE


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HttpResponse(status, body, {"content-type": "application/json", **(headers or {})})


def error_response(fault: OposError) -> HttpResponse:
    """The error body of DESIGN section 6; it reveals nothing that a stranger must not know."""
    content = {"code": fault.code, "message": fault.message} | ({"hint": fault.hint} if fault.hint else {})
    retry = {"retry-after": str(fault.after)} if fault.retryable else {}
    return json_response(fault.http_status, {"error": content}, {**fault.headers, **retry})


def html_response(status: int, page: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        status, page.encode("utf-8", "replace"), {"content-type": "text/html; charset=utf-8", **(headers or {})}
    )
