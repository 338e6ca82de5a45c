"""Google Cloud Monitoring. Source: "Create and manage notification channels: webhooks", schema version 1.2."""

from collections.abc import Mapping
from typing import Any

from shared.events import Alert, document_id
from shared.sources.contract import Format, Meaning
from shared.sources.payload import link, moment, require, text


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return f"incident.{require(payload, 'incident.state', str).lower()}"


def delivery(payload: Any) -> str | None:
    incident = require(payload, "incident", dict)
    said = [text(incident, name) for name in ("incident_id", "state", "started_at", "ended_at")]
    return document_id(*said) if said[0] else None


def translate(kind: str, payload: Any) -> Meaning:
    incident = require(payload, "incident", dict)
    alert = Alert(
        fingerprint=f"incident:{require(incident, 'incident_id', str)}",
        title=text(incident, "policy_name", "condition_name") or "An incident in Google Cloud",
        severity=text(incident, "severity"),
        status="resolved" if kind == "incident.closed" else "firing",
        summary=text(incident, "summary"),
        link=link(incident, "url"),
        began=moment(incident, "started_at"),
        labels={"resource": text(incident, "resource_display_name", "resource_name")},
    )
    return Meaning(alert.title, (alert,))


FORMAT = Format(event_type=event_type, translate=translate, delivery=delivery)
