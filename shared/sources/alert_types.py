"""The event types of each built-in format that may make an alert fire, for `opos verify`."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.config.sources import FormatName
from shared.sources.senders.stripe.decision import Decision
from shared.sources.senders.stripe.events import DECISIONS


class AlertTypes(NamedTuple):
    """The `known` types, the beginnings of `families` to which a sender may add types that alert, and `others` that
    the format reads: those that only end an alert, which has the severity with which it fired, or that make news.
    """

    known: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def contains(self, event_type: str) -> bool:
        return event_type in self.known or (event_type.startswith(self.families) and event_type not in self.others)


_ALERTMANAGER = AlertTypes(("alerts.firing",), others=("alerts.resolved",))


def _in_families(
    actions: Mapping[str, tuple[str, ...]], *known: str, ends: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> AlertTypes:
    """Types such as `issue.created`, by the event and its actions, and *known* ones besides; *ends* only end alerts."""
    return AlertTypes((*known, *_named(actions)), tuple(f"{event}." for event in actions), tuple(_named(ends)))


def _named(actions: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    return (f"{event}.{action}" for event, names in actions.items() for action in names)


_GITHUB = _in_families(
    {
        "deployment_status": ("created",),
        "dependabot_alert": (
            "created", "reopened", "auto_reopened", "reintroduced", "assignees_changed",
        ),
        "repository_vulnerability_alert": ("create", "reopen"),
        "secret_scanning_alert": ("created", "reopened", "publicly_leaked", "validated", "assigned", "unassigned"),
        "code_scanning_alert": (
            "created", "reopened", "reopened_by_user", "appeared_in_branch", "updated_assignment",
        ),
    },
    "workflow_run.completed", "check_run.completed", "check_suite.completed", "deployment_status",
    ends={
        "dependabot_alert": ("fixed", "dismissed", "auto_dismissed"),
        "repository_vulnerability_alert": ("dismiss", "resolve"),
        "secret_scanning_alert": ("resolved",),
        "code_scanning_alert": ("fixed", "closed_by_user"),
    },
)  # fmt: skip


def _stripe() -> AlertTypes:
    """Thin events have the same types with `v1.` before them, and take no decision that needs the object."""
    thin = {
        f"v1.{kind}": tuple(decision for decision in decisions if not decision.needs_object)
        for kind, decisions in DECISIONS.items()
    }
    types = {**DECISIONS, **thin}
    fires = {kind: any(_fires(decision) for decision in decisions) for kind, decisions in types.items()}
    known, others = (tuple(kind for kind in types if fires[kind] is is_known) for is_known in (True, False))
    return AlertTypes(known, others=others)


def _fires(decision: Decision) -> bool:
    return decision.severity is not None and not decision.is_end


_PAGERDUTY = ("triggered", "reopened", "escalated", "unacknowledged", "acknowledged")

ALERT_TYPES: Mapping[FormatName, AlertTypes] = {
    "alertmanager": _ALERTMANAGER,
    "grafana": _ALERTMANAGER,
    "google-monitoring": _in_families({"incident": ("open",)}, ends={"incident": ("closed",)}),
    "uptimerobot": AlertTypes(("monitor.1", "monitor.3"), others=("monitor.2",)),
    "github": _GITHUB,
    "stripe": _stripe(),
    "sentry": _in_families(
        {"event_alert": ("triggered",), "metric_alert": ("critical", "warning")},
        "issue.created", "issue.unresolved",
        ends={"metric_alert": ("resolved",), "issue": ("resolved", "ignored", "archived")},
    ),
    "pagerduty": AlertTypes(tuple(f"incident.{action}" for action in _PAGERDUTY), others=("incident.resolved",)),
    "pagerduty-events": AlertTypes(("trigger", "acknowledge"), others=("resolve",)),
    "shopify": AlertTypes(
        ("disputes/create", "disputes/update"),
        others=("orders/paid", "orders/cancelled", "refunds/create", "app/uninstalled"),
    ),
    "linear": _in_families(
        {"Issue": ("create", "update"), "IssueSLA": ("highRisk", "breached")}, ends={"Issue": ("remove",)}
    ),
    "slack": AlertTypes(),
    "standard-webhooks": AlertTypes(),
}  # fmt: skip
