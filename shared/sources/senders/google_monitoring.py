"""Google Cloud Monitoring. Source: "Create and manage notification channels: webhooks", schema version 1.2."""

from collections.abc import Mapping
from typing import Any

from shared.events import Alert
from shared.sources.contract import Format, Meaning
from shared.sources.payload import link, moment, require, text


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return f"incident.{require(payload, 'incident.state', str).lower()}"


def about(payload: Any) -> str:
    return text(payload, "incident.incident_id")


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
        # The next problem is another incident, so a firing that is sent again never follows the end.
        at=moment(incident, "ended_at", "started_at"),
        labels={"resource": text(incident, "resource_display_name", "resource_name")},
    )
    return Meaning(alert.title, (alert,))


FORMAT = Format(event_type=event_type, translate=translate, about=about)
