"""Prometheus Alertmanager, and Grafana's alerting, which sends the same shape.

Source: Alertmanager documentation, "webhook_config" (version 4). Deliveries have no id, and no time says when they were
sent: an alert that fires, resolves and fires again may do so with the same `startsAt`. So `startsAt` and `endsAt` order
episodes, and within an episode the order of arrival counts.
"""

from collections.abc import Mapping
from typing import Any

from shared.errors import ContractBroken
from shared.events import Alert
from shared.sources.contract import Format, Meaning
from shared.sources.payload import link, moment, optional, require, text


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return f"alerts.{require(payload, 'status', str)}"


def about(payload: Any) -> str:
    return text(payload, "groupKey")


def translate(kind: str, payload: Any) -> Meaning:
    alerts = tuple(_alert(alert) for alert in _alerts(payload))
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    return Meaning(f"{alerts[0].title}{more}" if alerts else "no alerts", alerts)


def _alerts(payload: Any) -> list[dict[str, Any]]:
    alerts = require(payload, "alerts", list)
    if not all(isinstance(alert, dict) for alert in alerts):
        raise ContractBroken("expected alerts to be a list of objects")
    return alerts


def _alert(alert: dict[str, Any]) -> Alert:
    labels = {str(name): str(value) for name, value in require(alert, "labels", dict).items()}
    name = labels.get("alertname", "an unnamed alert")
    summary = text(alert, "annotations.summary", "annotations.message", "annotations.description")
    return Alert(
        fingerprint=require(alert, "fingerprint", str),
        title=f"{name}: {summary}" if summary else f"{name} {labels.get('instance', '')}".strip(),
        severity=labels.get("severity", ""),
        status="resolved" if optional(alert, "status", str, "firing") == "resolved" else "firing",
        summary=text(alert, "annotations.description") or _told_apart(labels),
        link=link(alert, "panelURL", "dashboardURL", "generatorURL"),
        labels=labels,
        began=moment(alert, "startsAt"),
        ended=moment(alert, "endsAt"),
        runbook=link(alert, "annotations.runbook_url"),
    )


def _told_apart(labels: dict[str, str]) -> str:
    """The labels that say which instance it is about, for a rule that does not describe it."""
    said = {"alertname", "severity"}
    return ", ".join(f"{name} {value}" for name, value in labels.items() if name not in said and name[:2] != "__")


FORMAT = Format(event_type=event_type, translate=translate, about=about)
