"""The findings of GitHub's scanners. Source: "Webhook events and payloads", docs.github.com."""

from datetime import datetime
from typing import Any

from shared.events import Alert
from shared.sources.payload import latest_moment, link, require, text
from shared.sources.senders.github.failures import repository

_ENDING = frozenset({"fixed", "dismissed", "auto_dismissed", "resolved", "closed_by_user", "dismiss", "resolve"})
_ENDED = frozenset({"fixed", "dismissed", "auto_dismissed", "resolved"})
_SEVERE = frozenset({"critical", "high", "error"})


def dependabot(payload: Any) -> Alert:
    alert = require(payload, "alert", dict)
    package = text(alert, "dependency.package.name", "security_vulnerability.package.name")
    return Alert(
        fingerprint=f"dependabot:{repository(payload)}:{text(alert, 'number')}",
        title=f"Vulnerable dependency {package} in {repository(payload)}",
        severity=_severity(text(alert, "security_advisory.severity", "security_vulnerability.severity")),
        status=_status(payload),
        summary=text(alert, "security_advisory.summary"),
        link=link(alert, "html_url"),
        labels={"repository": repository(payload), "package": package},
        at=_at(payload),
    )


def vulnerability(payload: Any) -> Alert:
    """An alert of the predecessor of `dependabot`, which GitHub Enterprise Server still sends, perhaps unnumbered."""
    alert = require(payload, "alert", dict)
    package = text(alert, "affected_package_name")
    return Alert(
        fingerprint=f"vulnerability:{repository(payload)}:{text(alert, 'id')}",
        title=f"Vulnerable dependency {package} in {repository(payload)}",
        severity=_severity(text(alert, "severity")),
        status=_status(payload),
        summary=text(alert, "external_identifier", "ghsa_id"),
        link=link(alert, "html_url", "external_reference"),
        labels={"repository": repository(payload), "package": package},
        at=_at(payload),
    )


def secret_scanning(payload: Any) -> Alert:
    alert = require(payload, "alert", dict)
    kind = text(alert, "secret_type_display_name", "secret_type") or "secret"
    return Alert(
        fingerprint=f"secret:{repository(payload)}:{text(alert, 'number')}",
        title=f"A secret has leaked into {repository(payload)}: {kind}",
        severity="critical",
        status=_status(payload),
        link=link(alert, "html_url"),
        labels={"repository": repository(payload)},
        at=_at(payload),
    )


def code_scanning(payload: Any) -> Alert:
    alert = require(payload, "alert", dict)
    return Alert(
        fingerprint=f"code:{repository(payload)}:{text(alert, 'number')}",
        title=f"Code scanning found a flaw in {repository(payload)}: {text(alert, 'rule.description', 'rule.id')}",
        severity=_severity(text(alert, "rule.security_severity_level", "rule.severity")),
        status=_status(payload),
        link=link(alert, "html_url"),
        labels={"repository": repository(payload)},
        at=_at(payload),
    )


def _severity(said: str) -> str:
    return "warning" if said in _SEVERE else "info"


def _status(payload: Any) -> str:
    """Resolved if the action ends it, or if a later action (assigned, validated) changes one that has already ended."""
    return "resolved" if text(payload, "action") in _ENDING or text(payload, "alert.state") in _ENDED else "firing"


def _at(payload: Any) -> datetime | None:
    """When the alert last changed; None if it is opened again and only says when it had ended."""
    ended_at = ("fixed_at", "dismissed_at", "auto_dismissed_at", "resolved_at")
    is_new = text(payload, "action") in {"create", "created"}
    other = ended_at if _status(payload) == "resolved" else ("created_at",) if is_new else ()
    return latest_moment(payload.get("alert"), "updated_at", *other)
