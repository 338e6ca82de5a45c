"""Sentry's integration platform. Source: "Webhooks", docs.sentry.io.

The signature covers the body alone: neither the request id nor the time is signed, as both are headers. In the body,
nothing says when an issue was resolved or came back. `lastSeen` does not order either, because Sentry writes it late.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events import Alert
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import header, link, moment, optional, require, text
from shared.sources.signatures import digest, encoded, require_match
from shared.values.http import HttpRequest

_PROJECT = re.compile(r"/projects/[^/]+/([^/]+)/")
_RESOLVED = frozenset({"resolved", "ignored", "archived"})


def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
    signature = encoded(request.headers.get("sentry-hook-signature", ""))
    require_match([signature], [_signature(secret, request.body) for secret in secrets])


def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
    return {
        "sentry-hook-signature": _signature(secret, body).decode(),
        "sentry-hook-resource": event_type,
        "sentry-hook-timestamp": str(int(now.timestamp())),
        "request-id": delivery,
    }


def delivery(request: HttpRequest, payload: Any) -> str | None:
    return request.headers.get("request-id")


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return f"{header(headers, 'sentry-hook-resource')}.{require(payload, 'action', str)}"


def translate(kind: str, payload: Any) -> Meaning:
    resource, _, action = kind.partition(".")
    read = {"issue": _issue, "event_alert": _event_alert, "metric_alert": _metric_alert}.get(resource)
    if read is None or (resource == "issue" and action not in {"created", "unresolved", *_RESOLVED}):
        return Meaning(f"{resource} {action} in Sentry")
    alert = read(payload, action)
    return Meaning(alert.title, (alert,))


def _issue(payload: Any, action: str) -> Alert:
    issue = require(payload, "data.issue", dict)
    created_at = moment(issue, "firstSeen") if action == "created" else None
    return _alert(issue, text(issue, "id"), resolved=action in _RESOLVED, at=created_at)


def _event_alert(payload: Any, action: str) -> Alert:
    event = require(payload, "data.event", dict)
    return _alert(event, text(event, "issue_id"), resolved=False, at=moment(event, "received"))


def _alert(about: dict[str, Any], issue: str, *, resolved: bool, at: datetime | None) -> Alert:
    level, project = text(about, "level"), _project(about)
    title = require(about, "title", str)
    return Alert(
        fingerprint=f"issue:{require({'id': issue or None}, 'id', str)}",
        title=f"{project}: {title}" if project and not project.isdecimal() else title,
        severity=level,
        status="resolved" if resolved else "firing",
        summary=text(about, "culprit"),
        link=link(about, "web_url", "permalink"),
        labels={"project": project} if project else {},
        at=at,
    )


def _project(about: dict[str, Any]) -> str:
    """The project by its name in addresses. An event has only its number, but its address in the API has the name."""
    address = _PROJECT.search(text(about, "url"))
    return text(about, "project.slug", "project.name") or (address[1] if address else text(about, "project"))


def _metric_alert(payload: Any, action: str) -> Alert:
    """`date_started` is before the time window of the rule, so it does not compare with the end of another incident."""
    detected_at = moment(payload, "data.metric_alert.date_detected", "data.metric_alert.date_created")
    return Alert(
        fingerprint=f"metric:{text(payload, 'data.metric_alert.alert_rule.id', 'data.metric_alert.id')}",
        title=require(payload, "data.description_title", str),
        severity="critical" if action == "critical" else "warning",
        status="resolved" if action == "resolved" else "firing",
        summary=optional(payload, "data.description_text", str, ""),
        link=link(payload, "data.web_url"),
        began=moment(payload, "data.metric_alert.date_started"),
        at=None if action == "resolved" else detected_at,
    )


def _signature(secret: str, body: bytes) -> bytes:
    return digest(secret.encode(), body).hex().encode()


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, headers=("request-id", "sentry-hook-resource"),
    missing=lacking("sentry-hook-signature"),
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate, headers=("sentry-hook-resource",))
