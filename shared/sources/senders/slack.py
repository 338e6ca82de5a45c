"""Slack's Events API. Source: "Verifying requests from Slack" and "Events API", docs.slack.dev."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events import BusinessEvent
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import require, text
from shared.sources.signatures import digest, encoded, require_match, require_recent
from shared.values.http import HttpRequest, HttpResponse, json_response

_WRITTEN = frozenset({"", "file_share", "me_message", "thread_broadcast"})
"""The subtypes of a message that a person has just written. The others edit one, delete one, or say who came."""


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    time = request.headers.get("x-slack-request-timestamp", "")
    require_recent(time, now=now, tolerance=tolerance)
    signature = encoded(request.headers.get("x-slack-signature", ""))
    require_match([signature], [_signature(secret, time, request.body) for secret in secrets])


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    time = str(int(now.timestamp()))
    return {"x-slack-request-timestamp": time, "x-slack-signature": _signature(secret, time, body).decode()}


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return text(payload, "event_id") or None


def handshake(payload: Any) -> HttpResponse | None:
    """The answer to Slack's request that a new address repeat a word."""
    if text(payload, "type") != "url_verification":
        return None
    return json_response(200, {"challenge": text(payload, "challenge")})


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return text(payload, "event.type") or require(payload, "type", str)


def translate(kind: str, payload: Any) -> Meaning:
    """A mention or a direct message is worth a line; an edited message and other activity in the workspace are not."""
    by_person = text(payload, "event.subtype") in _WRITTEN and not text(payload, "event.bot_id")
    direct = kind == "message" and text(payload, "event.channel_type") == "im" and by_person
    if kind != "app_mention" and not direct:
        return Meaning(f"{kind} in Slack")
    said = f"Slack: {text(payload, 'event.text')}"
    return Meaning(said, (BusinessEvent(title=said, summary=f"from {text(payload, 'event.user')}"),))


def _signature(secret: str, time: str, body: bytes) -> bytes:
    return b"v0=" + digest(secret.encode(), b"v0:" + time.encode() + b":" + body).hex().encode()


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, signs_time=True, signs_id=True,
    headers=("x-slack-request-timestamp",), missing=lacking("x-slack-signature", "x-slack-request-timestamp"),
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate, handshake=handshake)
