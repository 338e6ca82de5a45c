"""Linear. Source: "Webhooks", linear.app/developers. The delivery id is not signed; the time in the body is."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events import Alert, BusinessEvent
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import link, moment, require, text
from shared.sources.signatures import digest, encoded, rejected, require_match, require_recent
from shared.values.http import HttpRequest

_URGENT = 1
_CLOSED = frozenset({"completed", "canceled"})


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    signature = encoded(request.headers.get("linear-signature", ""))
    require_match([signature], [_signature(secret, request.body) for secret in secrets])
    try:
        time = text(json.loads(request.body), "webhookTimestamp")
    except (ValueError, RecursionError):
        raise rejected() from None
    require_recent(time, now=now, tolerance=tolerance, per_second=1000)


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {
        "linear-signature": _signature(secret, body).decode(),
        "linear-delivery": delivery,
        "linear-event": event_type,
    }


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return request.headers.get("linear-delivery")


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return f"{require(payload, 'type', str)}.{require(payload, 'action', str)}"


def translate(kind: str, payload: Any) -> Meaning:
    issue = require(payload, "data", dict)
    title = f"{text(issue, 'identifier')} {text(issue, 'title', 'name')}".strip()
    if kind.startswith("Issue.") and issue.get("priority") == _URGENT:
        closed = kind == "Issue.remove" or text(issue, "state.type") in _CLOSED
        alert = Alert(
            fingerprint=f"issue:{require(issue, 'id', str)}",
            title=f"Urgent: {title}",
            severity="warning",
            status="resolved" if closed else "firing",
            link=link(payload, "url"),
            at=moment(payload, "createdAt"),
        )
        return Meaning(alert.title, (alert,))
    if kind == "Issue.create":
        return Meaning(title, (BusinessEvent(title=f"New issue: {title}", link=link(payload, "url")),))
    return Meaning(f"{kind} {title}".strip())


def _signature(secret: str, body: bytes) -> bytes:
    return digest(secret.encode(), body).hex().encode()


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, headers=("linear-delivery", "linear-event"), signs_time=True,
    missing=lacking("linear-signature"),
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate)
