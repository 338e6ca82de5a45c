"""An HTTP request and response as plain values, so that handlers need no web framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`headers` have lower-case names; `body` is the raw bytes; `query` holds the first value of each name."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HttpResponse(status, body, {"content-type": "application/json", **(headers or {})})


def html_response(status: int, page: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        status, page.encode("utf-8", "replace"), {"content-type": "text/html; charset=utf-8", **(headers or {})}
    )
