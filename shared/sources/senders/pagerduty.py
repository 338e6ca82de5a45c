"""PagerDuty's V3 webhooks. Source: "Webhooks overview" and "Verifying signatures", developer.pagerduty.com."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events import Alert
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import link, moment, require, text
from shared.sources.signatures import digest, encoded, pairs, require_match, values
from shared.values.http import HttpRequest

_STATUS = {
    "incident.triggered": "firing",
    "incident.reopened": "firing",
    "incident.escalated": "firing",
    "incident.unacknowledged": "firing",
    "incident.acknowledged": "acknowledged",
    "incident.resolved": "resolved",
}


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    signatures = values(pairs(request.headers.get("x-pagerduty-signature", "")), "v1")
    require_match(map(encoded, signatures), [_signature(secret, request.body) for secret in secrets])


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {"x-pagerduty-signature": f"v1={_signature(secret, body).decode()}"}


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return text(payload, "event.id") or None


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return require(payload, "event.event_type", str)


def translate(kind: str, payload: Any) -> Meaning:
    if kind not in _STATUS:
        return Meaning(f"{kind} in PagerDuty")
    incident = require(payload, "event.data", dict)
    alert = Alert(
        fingerprint=f"incident:{require(incident, 'id', str)}",
        title=require(incident, "title", str),
        severity="warning" if text(incident, "urgency") == "low" else "critical",
        status=_STATUS[kind],
        summary=text(incident, "service.summary"),
        link=link(incident, "html_url"),
        at=moment(payload, "event.occurred_at"),
    )
    return Meaning(alert.title, (alert,))


def _signature(secret: str, body: bytes) -> bytes:
    return digest(secret.encode(), body).hex().encode()


SCHEME = Scheme(verify=verify, sign=sign, delivery=delivery, signs_id=True, missing=lacking("x-pagerduty-signature"))
FORMAT = Format(event_type=event_type, translate=translate)
