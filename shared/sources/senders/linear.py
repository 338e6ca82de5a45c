"""Linear. Source: "Webhooks", linear.app/developers. The delivery id is not signed; the time in the body is.

An issue alerts while it is urgent and open. So does its SLA from when it is at risk until the issue is closed or gets
another deadline. A closed issue ends both, whatever it was before, because the webhook that said so may be lost.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events import Alert, BusinessEvent, Signal
from shared.sources.contract import Format, Meaning, Scheme, lacking
from shared.sources.payload import link, moment, optional, require, text
from shared.sources.signatures import digest, encoded, rejected, require_match, require_recent
from shared.values.http import HttpRequest

_URGENT = 1
_CLOSED = frozenset({"completed", "canceled", "duplicate"})
_DEADLINE = "slaBreachesAt"
_SLA = {"IssueSLA.highRisk": ("at risk", "info"), "IssueSLA.breached": ("breached", "warning")}
"""What Linear says of an SLA, with its severity. `IssueSLA.set` is no trouble."""


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
    """Only some types have `data`: an SLA has `issueData`, and a revoked app has neither."""
    signals = tuple(_signals(kind, payload))
    if signals and isinstance(signals[0], Alert):
        return Meaning(signals[0].title if signals[0].status == "firing" else _name(payload), signals)
    return Meaning(f"{kind} {_name(payload)}".strip(), signals)


def _signals(kind: str, payload: Any) -> Iterator[Signal]:
    if kind in _SLA:
        word, severity = _SLA[kind]
        yield _alert("sla", f"SLA {word}", severity, payload, require(payload, "issueData", dict))
    if not kind.startswith("Issue."):
        return
    issue, before = require(payload, "data", dict), optional(payload, "updatedFrom", dict, {})
    closed = _is_closed(kind, issue)
    if issue.get("priority") == _URGENT and not closed:
        yield _alert("issue", "Urgent", "warning", payload, issue)
    elif kind == "Issue.create":
        yield BusinessEvent(title=f"New issue: {_name(payload)}", link=link(payload, "url"))
    elif closed or before.get("priority") == _URGENT:
        yield _alert("issue", "No longer urgent", "warning", payload, issue, over=True)
    if closed or before.get(_DEADLINE):
        yield _alert("sla", "SLA no longer at risk", "info", payload, issue, over=True)


def _alert(name: str, what: str, severity: str, payload: Any, issue: dict[str, Any], *, over: bool = False) -> Alert:
    return Alert(
        fingerprint=f"{name}:{require(issue, 'id', str)}",
        title=f"{what}: {_name(payload)}",
        severity=severity,
        status="resolved" if over else "firing",
        link=link(payload, "url"),
        at=moment(payload, "createdAt"),
    )


def _is_closed(kind: str, issue: dict[str, Any]) -> bool:
    is_gone = kind == "Issue.remove" or issue.get("trashed") is True or bool(text(issue, "archivedAt"))
    return is_gone or text(issue, "state.type") in _CLOSED


def _name(payload: Any) -> str:
    """The issue as a person would call it, or the name of whatever else *payload* is about."""
    about = optional(payload, "data", dict, {}) or optional(payload, "issueData", dict, {})
    return f"{text(about, 'identifier')} {text(about, 'title', 'name', 'project.name', 'issue.title')}".strip()


def _signature(secret: str, body: bytes) -> bytes:
    return digest(secret.encode(), body).hex().encode()


SCHEME = Scheme(
    verify=verify, sign=sign, delivery=delivery, headers=("linear-delivery", "linear-event"), signs_time=True,
    missing=lacking("linear-signature"),
)  # fmt: skip
FORMAT = Format(event_type=event_type, translate=translate)
