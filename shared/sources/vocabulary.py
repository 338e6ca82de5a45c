"""The words of each built-in format: which event types may make an alert, and which severities its payloads say."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from shared.config.sources import FormatName, Source
from shared.values.severity import Severity

WordMeanings = Mapping[str, Severity]


class Vocabulary(NamedTuple):
    """`alert_types` are the event types that may make an alert. One that ends in `*` stands for all that begin so,
    for senders that add types; those known today are listed as well, so that a typo can be recognised.

    `severities` are the sender's severity words that mean something else than in the table that all senders share;
    None if the payloads say no severity, so that the format sets one of critical, warning and info itself.
    """

    alert_types: tuple[str, ...] = ()
    severities: WordMeanings | None = None

    @property
    def known_types(self) -> tuple[str, ...]:
        return tuple(kind for kind in self.alert_types if not kind.endswith("*"))

    def may_alert(self, event_type: str) -> bool:
        return any(fnmatchcase(event_type, pattern) for pattern in self.alert_types)


def _actions(event: str, *actions: str) -> tuple[str, ...]:
    return (*(f"{event}.{action}" for action in actions), f"{event}.*")


_ALERTMANAGER = Vocabulary(("alerts.firing", "alerts.resolved"), {})

VOCABULARIES: Mapping[FormatName, Vocabulary] = {
    "alertmanager": _ALERTMANAGER,
    "grafana": _ALERTMANAGER,
    "google-monitoring": Vocabulary(_actions("incident", "open", "closed"), {}),
    "uptimerobot": Vocabulary(("monitor.1", "monitor.2", "monitor.3")),
    "github": Vocabulary(
        (
            "workflow_run.completed", "check_run.completed", "check_suite.completed",
            "deployment_status", *_actions("deployment_status", "created"),
            *_actions("dependabot_alert", "created", "fixed", "dismissed", "auto_dismissed", "reopened",
                      "auto_reopened", "reintroduced", "assignees_changed"),
            *_actions("repository_vulnerability_alert", "create", "dismiss", "reopen", "resolve"),
            *_actions("secret_scanning_alert", "created", "resolved", "reopened", "publicly_leaked", "validated",
                      "assigned", "unassigned"),
            *_actions("code_scanning_alert", "created", "fixed", "closed_by_user", "reopened", "reopened_by_user",
                      "appeared_in_branch", "updated_assignment"),
        ),
    ),
    "stripe": Vocabulary(
        (
            "invoice.payment_failed", "invoice.paid", "invoice.payment_succeeded", "invoice.voided",
            "charge.dispute.created", "charge.dispute.closed", "payout.failed", "customer.subscription.deleted",
            "radar.early_fraud_warning.created",
        ),
    ),
    "sentry": Vocabulary(
        (
            "issue.created", "issue.unresolved", "issue.resolved", "issue.ignored", "issue.archived",
            *_actions("event_alert", "triggered"), *_actions("metric_alert", "critical", "warning", "resolved"),
        ),
        {"error": "warning"},  # A level is that of a log record: every uncaught exception has `error`, and can wait.
    ),
    "pagerduty": Vocabulary(
        tuple(
            f"incident.{action}"
            for action in ("triggered", "reopened", "escalated", "unacknowledged", "acknowledged", "resolved")
        )
    ),
    "pagerduty-events": Vocabulary(("trigger", "acknowledge", "resolve"), {}),
    "shopify": Vocabulary(("disputes/create", "disputes/update")),
    "linear": Vocabulary(_actions("Issue", "create", "update", "remove")),
    "slack": Vocabulary(),
    "standard-webhooks": Vocabulary(),
}  # fmt: skip


def meanings(format_name: FormatName, source: Source) -> WordMeanings:
    """What the severity words of a source in *format_name* mean: the operator's meaning comes before the sender's."""
    vocabulary = VOCABULARIES.get(format_name)
    return {**((vocabulary and vocabulary.severities) or {}), **source.severity_values}
