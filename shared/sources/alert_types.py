"""The event types of each built-in format that may make an alert, for `opos verify`."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.config.sources import FormatName
from shared.sources.senders.stripe.events import DECISIONS


class AlertTypes(NamedTuple):
    """The `known` types, and the beginnings of `families` to which a sender may add types that alert."""

    known: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    def contains(self, event_type: str) -> bool:
        return event_type in self.known or event_type.startswith(self.families)


_ALERTMANAGER = AlertTypes(("alerts.firing", "alerts.resolved"))


def _in_families(actions: Mapping[str, tuple[str, ...]], *others: str) -> AlertTypes:
    """Types such as `issue.created`, by the event and its actions, and *others* without an action."""
    known = [f"{event}.{action}" for event, names in actions.items() for action in names]
    return AlertTypes((*others, *known), tuple(f"{event}." for event in actions))


_GITHUB = _in_families(
    {
        "deployment_status": ("created",),
        "dependabot_alert": (
            "created", "fixed", "dismissed", "auto_dismissed", "reopened", "auto_reopened", "reintroduced",
            "assignees_changed",
        ),
        "repository_vulnerability_alert": ("create", "dismiss", "reopen", "resolve"),
        "secret_scanning_alert": (
            "created", "resolved", "reopened", "publicly_leaked", "validated", "assigned", "unassigned",
        ),
        "code_scanning_alert": (
            "created", "fixed", "closed_by_user", "reopened", "reopened_by_user", "appeared_in_branch",
            "updated_assignment",
        ),
    },
    "workflow_run.completed", "check_run.completed", "check_suite.completed", "deployment_status",
)  # fmt: skip

_STRIPE = tuple(kind for kind, decisions in DECISIONS.items() if any(decision.problem for decision in decisions))
_STRIPE_THIN = tuple(
    f"v1.{kind}"
    for kind, decisions in DECISIONS.items()
    if any(decision.problem and not decision.needs_object for decision in decisions)
)

_PAGERDUTY = ("triggered", "reopened", "escalated", "unacknowledged", "acknowledged", "resolved")

ALERT_TYPES: Mapping[FormatName, AlertTypes] = {
    "alertmanager": _ALERTMANAGER,
    "grafana": _ALERTMANAGER,
    "google-monitoring": _in_families({"incident": ("open", "closed")}),
    "uptimerobot": AlertTypes(("monitor.1", "monitor.2", "monitor.3")),
    "github": _GITHUB,
    "stripe": AlertTypes((*_STRIPE, *_STRIPE_THIN)),
    "sentry": _in_families(
        {"event_alert": ("triggered",), "metric_alert": ("critical", "warning", "resolved")},
        "issue.created", "issue.unresolved", "issue.resolved", "issue.ignored", "issue.archived",
    ),
    "pagerduty": AlertTypes(tuple(f"incident.{action}" for action in _PAGERDUTY)),
    "pagerduty-events": AlertTypes(("trigger", "acknowledge", "resolve")),
    "shopify": AlertTypes(("disputes/create", "disputes/update")),
    "linear": _in_families({"Issue": ("create", "update", "remove"), "IssueSLA": ("highRisk", "breached")}),
    "slack": AlertTypes(),
    "standard-webhooks": AlertTypes(),
}  # fmt: skip
