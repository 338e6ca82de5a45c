"""Senders that use PagerDuty's Events API v2: the routing key in the body authenticates them.

Source: "Send an alert event", developer.pagerduty.com. No request is a duplicate; one that repeats a `dedup_key`
belongs to the same alert.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.errors import ContractBroken
from shared.events import Alert, document_id
from shared.sources.contract import Format, Meaning, Scheme
from shared.sources.payload import optional, require, text
from shared.sources.signatures import encoded, rejected, require_match
from shared.values.http import HttpRequest
from shared.values.links import web_link

_STATUS = {"trigger": "firing", "acknowledge": "acknowledged", "resolve": "resolved"}


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    try:
        key = text(json.loads(request.body), "routing_key")
    except (ValueError, RecursionError):
        raise rejected(failed="routing_key") from None
    require_match([encoded(key)], [secret.encode() for secret in secrets], "routing_key")


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    """No headers: the key is part of the body."""
    return {}


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return require(payload, "event_action", str)


def translate(kind: str, payload: Any) -> Meaning:
    if kind not in _STATUS:
        raise ContractBroken(f"expected event_action to be one of {', '.join(_STATUS)}, found {kind[:40]!r}")
    if kind != "trigger":
        alert = Alert(fingerprint=require(payload, "dedup_key", str), title=kind, severity="info", status=_STATUS[kind])
        return Meaning(f"{kind} {alert.fingerprint}", (alert,))
    alert = _triggered(payload)
    return Meaning(alert.title, (alert,))


def dedup_key(payload: Any) -> str:
    """The sender's key, or one made from the body if there is none; PagerDuty does the same."""
    return text(payload, "dedup_key") or document_id(json.dumps(payload, sort_keys=True))


def _triggered(payload: Any) -> Alert:
    severity, source = require(payload, "payload.severity", str), require(payload, "payload.source", str)
    return Alert(
        fingerprint=dedup_key(payload),
        title=require(payload, "payload.summary", str),
        severity=severity,
        summary=f"{source}: {text(payload, 'payload.component', 'payload.class', 'client')}".removesuffix(": "),
        link=_first_link(payload),
        labels={"source": source, "group": text(payload, "payload.group")},
    )


def _first_link(payload: Any) -> str:
    hrefs = [text(entry, "href") for entry in optional(payload, "links", list, [])] + [text(payload, "client_url")]
    return next(filter(None, map(web_link, hrefs)), "")


SCHEME = Scheme(verify=verify, sign=sign, signed=None)
FORMAT = Format(event_type=event_type, translate=translate)
