"""UptimeRobot. Source: "Web-hook alert contacts", uptimerobot.com (alertType 1 down, 2 up, 3 certificate expires)."""

from collections.abc import Mapping
from typing import Any

from shared.errors import ContractBroken
from shared.events import Alert
from shared.sources.contract import Format, Meaning
from shared.sources.payload import link, moment, text

_TYPES = {"1": ("down", "critical", "firing"), "2": ("down", "critical", "resolved"), "3": ("ssl", "warning", "firing")}
_SAID = {"1": "is down", "2": "is up again", "3": "has a certificate that expires soon"}


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return f"monitor.{_alert_type(payload)}"


def about(payload: Any) -> str:
    return text(payload, "monitorID")


def translate(kind: str, payload: Any) -> Meaning:
    number = _alert_type(payload)
    trouble, severity, status = _TYPES[number]
    monitor = text(payload, "monitorID")
    if not monitor:
        raise ContractBroken("expected monitorID, found nothing")
    alert = Alert(
        fingerprint=f"{trouble}:{monitor}",
        title=f"{text(payload, 'monitorFriendlyName', 'monitorURL') or monitor} {_SAID[number]}",
        severity=severity,
        status=status,
        summary=text(payload, "alertDetails"),
        link=link(payload, "monitorURL"),
        at=moment(payload, "alertDateTime"),
    )
    return Meaning(alert.title, (alert,))


def _alert_type(payload: Any) -> str:
    number = text(payload, "alertType")
    if number not in _TYPES:
        raise ContractBroken(f"expected alertType to be 1, 2 or 3, found {number[:20]!r}")
    return number


FORMAT = Format(event_type=event_type, translate=translate, about=about)
