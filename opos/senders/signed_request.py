"""A webhook as its sender would send it: signed with the configured secret, over real HTTP."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.config.sources import Source
from shared.errors import OposError, Unavailable
from shared.sources import scheme


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


def signed_headers(
    source: Source, secret: str, body: bytes, *, now: datetime, delivery: str, event_type: str
) -> dict[str, str]:
    signed = scheme(source).sign(body, secret, now=now, delivery=delivery, event_type=event_type)
    return {"content-type": "application/json", "user-agent": "opos-send", **signed}


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """The answer, whatever its status. Raises Unavailable if there is no answer."""
    return _open(urllib.request.Request(url, data=body, headers=headers, method="POST"))  # noqa: S310  (the operator's own URL)


def get(url: str) -> Answer:
    return _open(urllib.request.Request(url))  # noqa: S310


def _open(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return Answer(answer.status, _content(answer.read()))
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(answer.code, _content(answer.read()))
    except (urllib.error.URLError, OSError, ValueError) as fault:
        reason = getattr(fault, "reason", fault)
        raise Unavailable(f"No answer from {request.full_url}: {reason}", hint="Is `opos up` running?") from None


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


class UnknownSource(OposError):
    code = "bad_config"
