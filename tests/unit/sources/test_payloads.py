"""The meaning of each sender's payloads: one file per case in tests/payloads/<format>/."""

import importlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.events import Alert, Signal
from shared.sources.contract import Format, Meaning
from shared.sources.severity_words import SEVERITY_WORDS
from shared.values.severity import severity_of
from tests.support.project import PAYLOADS

HEADERS = {
    "github/workflow_run": {"x-github-event": "workflow_run"},
    "github/deployment": {"x-github-event": "deployment_status"},
    "github/check_run": {"x-github-event": "check_run"},
    "github/dependabot": {"x-github-event": "dependabot_alert"},
    "github/secret_scanning": {"x-github-event": "secret_scanning_alert"},
    "github/code_scanning": {"x-github-event": "code_scanning_alert"},
    "github/issue": {"x-github-event": "issues"},
    "github/push": {"x-github-event": "push"},
    "github/release": {"x-github-event": "release"},
    "sentry/issue": {"sentry-hook-resource": "issue"},
    "sentry/event_alert": {"sentry-hook-resource": "event_alert"},
    "sentry/metric_alert": {"sentry-hook-resource": "metric_alert"},
    "shopify/orders_paid": {"x-shopify-topic": "orders/paid"},
    "shopify/disputes_create": {"x-shopify-topic": "disputes/create"},
    "shopify/disputes_won": {"x-shopify-topic": "disputes/update"},
    "shopify/orders_cancelled": {"x-shopify-topic": "orders/cancelled"},
    "shopify/refunds_create": {"x-shopify-topic": "refunds/create"},
    "shopify/products_update": {"x-shopify-topic": "products/update"},
}
ALERTS = {
    "github/workflow_run.failed": "warning firing: CI failed: acme/shop on main",
    "github/workflow_run.passed": "warning resolved: CI failed: acme/shop on main",
    "github/workflow_run.failed_on_a_branch": "info firing: CI failed: acme/shop on feature",
    "github/deployment.failed": "critical firing: Deployment of acme/shop to production failed",
    "github/deployment.succeeded": "critical resolved: Deployment of acme/shop to production failed",
    "github/deployment.staging_failed": "warning firing: Deployment of acme/shop to staging failed",
    "github/check_run.failed": "warning firing: Check lint failed: acme/shop on main",
    "github/dependabot.created": "warning firing: Vulnerable dependency lodash in acme/shop",
    "github/dependabot.fixed": "warning resolved: Vulnerable dependency lodash in acme/shop",
    "github/secret_scanning.created": "critical firing: A secret has leaked into acme/shop: Stripe API Key",
    "github/secret_scanning.resolved": "critical resolved: A secret has leaked into acme/shop: stripe_api_key",
    "github/code_scanning.created": "warning firing: Code scanning found a flaw in acme/shop: SQL injection",
    "stripe/invoice.payment_failed": "warning firing: Payment of 49.00 EUR failed: ada@example.com",
    "stripe/invoice.paid": "warning resolved: Invoice of 49.00 EUR was paid: ada@example.com",
    "stripe/charge.dispute.created": "critical firing: Payment of 1,500 JPY is disputed",
    "stripe/charge.dispute.closed": "critical resolved: Dispute of 1,500 JPY is closed",
    "stripe/payout.failed": "critical firing: Payout of 900.00 USD failed",
    "stripe/customer.subscription.deleted": "warning firing: Subscription lost: cus_1",
    "alertmanager/firing": "critical firing: DiskFull: The disk of db-1 is full",
    "alertmanager/resolved": "critical resolved: DiskFull: The disk of db-1 is full",
    "alertmanager/without_severity": "unset firing: DiskFull: The disk of db-1 is full",
    "grafana/firing": "warning firing: DiskFull: The disk of db-1 is full",
    "google_monitoring/open": "critical firing: High latency",
    "google_monitoring/closed": "critical resolved: High latency",
    "google_monitoring/without_severity": "unset firing: High latency",
    "uptimerobot/down": "critical firing: Shop is down",
    "uptimerobot/up": "critical resolved: Shop is up again",
    "uptimerobot/certificate": "warning firing: Shop has a certificate that expires soon",
    "sentry/issue.created": "warning firing: web: TypeError: x is null",
    "sentry/issue.fatal": "critical firing: web: TypeError: x is null",
    "sentry/issue.resolved": "warning resolved: web: TypeError: x is null",
    "sentry/event_alert.triggered": "warning firing: web: TypeError: x is null",
    "sentry/metric_alert.critical": "critical firing: Error rate",
    "sentry/metric_alert.resolved": "warning resolved: Error rate",
    "pagerduty/incident.triggered": "critical firing: Database is down",
    "pagerduty/incident.low_urgency": "warning firing: Database is down",
    "pagerduty/incident.acknowledged": "critical acknowledged: Database is down",
    "pagerduty/incident.resolved": "critical resolved: Database is down",
    "pagerduty_events/trigger": "critical firing: Disk of db-1 is full",
    "pagerduty_events/trigger_error": "critical firing: Disk of db-1 is full",
    "pagerduty_events/acknowledge": "info acknowledged: acknowledge",
    "pagerduty_events/resolve": "info resolved: resolve",
    "shopify/disputes_create": "critical firing: Order 1 is disputed",
    "shopify/disputes_won": "critical resolved: Dispute of order 1 is won",
    "linear/urgent": "warning firing: Urgent: ACME-1 Checkout is down",
    "linear/urgent_lowered": "warning resolved: No longer urgent: ACME-1 Checkout is down",
    "linear/sla_breached": "warning firing: SLA breached: ACME-1 Checkout is down",
}
SEVERAL = {"alertmanager/two_alerts", "linear/urgent_done", "linear/sla_met"}
"""What says something of two alerts."""
BUSINESS_EVENTS = {
    "github/issue.by_a_stranger": "Issue in acme/shop: Checkout is slow",
    "stripe/charge.succeeded": "Payment of 129.00 EUR received: grace@example.com",
    "stripe/customer.subscription.created": "New subscription: cus_1",
    "github/release.published": "Released: acme/shop v2.4.0",
    "slack/app_mention": "Slack: <@U1> the shop is slow",
    "slack/direct_message": "Slack: hello",
    "shopify/orders_paid": "Order #1042 was paid",
    "shopify/orders_cancelled": "Order #1042 was cancelled",
    "shopify/refunds_create": "Order 1 was refunded",
    "linear/new": "New issue: ACME-1 Checkout is down",
    "standard_webhooks/customer.created": "customer.created",
}
ABOUT = {
    "stripe/charge.succeeded": "money in", "shopify/orders_paid": "money in", "github/release.published": "releases",
    "stripe/customer.subscription.created": "customers",
}  # fmt: skip
"""The part of the digest for each; the default is `other`."""
QUIET = {
    "github/workflow_run.cancelled", "github/deployment.pending", "github/check_run.of_actions_failed", "github/push",
    "github/issue.by_the_owner", "stripe/customer.updated", "sentry/issue.assigned", "pagerduty/incident.annotated", "pagerduty/incident.priority_updated",
    "slack/reaction_added", "shopify/products_update", "linear/changed", "linear/sla_set", "linear/app_revoked",
}  # fmt: skip
RESOLVES = {
    "github/workflow_run.failed": "github/workflow_run.passed",
    "github/deployment.failed": "github/deployment.succeeded",
    "github/dependabot.created": "github/dependabot.fixed",
    "github/secret_scanning.created": "github/secret_scanning.resolved",
    "stripe/invoice.payment_failed": "stripe/invoice.paid",
    "stripe/charge.dispute.created": "stripe/charge.dispute.closed",
    "alertmanager/firing": "alertmanager/resolved",
    "google_monitoring/open": "google_monitoring/closed",
    "uptimerobot/down": "uptimerobot/up",
    "sentry/issue.created": "sentry/issue.resolved",
    "sentry/metric_alert.critical": "sentry/metric_alert.resolved",
    "pagerduty/incident.triggered": "pagerduty/incident.resolved",
    "pagerduty_events/trigger": "pagerduty_events/resolve",
    "shopify/disputes_create": "shopify/disputes_won",
    "linear/urgent": "linear/urgent_lowered",
    "sentry/event_alert.triggered": "sentry/issue.resolved",
}


def format_named(case: str) -> Format:
    sender_format: Format = importlib.import_module(f"shared.sources.senders.{case.partition('/')[0]}").FORMAT
    return sender_format


def payload(case: str) -> Any:
    return json.loads((PAYLOADS / f"{case}.json").read_text())


def headers(case: str) -> Mapping[str, str]:
    return HEADERS.get(case) or HEADERS.get(case.partition(".")[0], {})


def severity(case: str, signal: Alert) -> str:
    name: Any = case.partition("/")[0].replace("_", "-")
    return severity_of(signal.severity, SEVERITY_WORDS.get(name, {}))


def meaning(case: str) -> Meaning:
    sender, content = format_named(case), payload(case)
    return sender.translate(sender.event_type(headers(case), content), content)


def only(case: str) -> Signal:
    (signal,) = meaning(case).signals
    return signal


@pytest.mark.parametrize("case", ALERTS)
def test_trouble_becomes_an_alert(case: str) -> None:
    signal = only(case)
    assert signal.kind == "alert"
    assert f"{severity(case, signal)} {signal.status}: {signal.title}" == ALERTS[case]


@pytest.mark.parametrize("case", BUSINESS_EVENTS)
def test_news_becomes_a_business_event(case: str) -> None:
    signal = only(case)
    assert signal.kind == "event"
    assert (signal.title, signal.about) == (BUSINESS_EVENTS[case], ABOUT.get(case, "other"))


@pytest.mark.parametrize("case", sorted(QUIET))
def test_the_quiet_rest_is_kept_with_a_subject_and_shows_nobody_anything(case: str) -> None:
    assert meaning(case).signals == ()
    assert meaning(case).subject


@pytest.mark.parametrize("case", RESOLVES)
def test_a_resolve_names_the_trouble_it_ends(case: str) -> None:
    firing, resolved = only(case), only(RESOLVES[case])
    assert firing.kind == resolved.kind == "alert"
    assert (firing.fingerprint, firing.status, resolved.status) == (resolved.fingerprint, "firing", "resolved")


@pytest.mark.parametrize("case", ["linear/urgent_done", "linear/sla_met"])
def test_a_closed_issue_ends_both_of_its_alerts_whichever_fires(case: str) -> None:
    signals = [signal for signal in meaning(case).signals if signal.kind == "alert"]
    ends = [(signal.fingerprint, signal.status) for signal in signals]
    fires = {
        signal.fingerprint for signal in (only("linear/urgent"), only("linear/sla_breached")) if signal.kind == "alert"
    }
    assert ends == [("issue:uuid-1", "resolved"), ("sla:uuid-1", "resolved")]
    assert fires == {fingerprint for fingerprint, _ in ends}


def test_every_payload_is_in_one_of_the_tables() -> None:
    files = {path.relative_to(PAYLOADS).with_suffix("").as_posix() for path in PAYLOADS.rglob("*.json")}
    assert files == {*ALERTS, *BUSINESS_EVENTS, *QUIET, *SEVERAL}


def test_each_alert_of_an_alertmanager_group_is_its_own() -> None:
    first, second = meaning("alertmanager/two_alerts").signals
    assert first != second
    assert meaning("alertmanager/two_alerts").subject == "DiskFull: The disk of db-1 is full and 1 more"


def test_money_is_counted_in_minor_units() -> None:
    for case, amount in {
        "stripe/charge.succeeded": 12900,
        "shopify/orders_paid": 4900,
        "shopify/refunds_create": 1250,
    }.items():
        money = only(case).money
        assert money is not None
        assert (money.amount, money.currency.upper()) == (amount, "EUR")


def test_slack_is_answered_with_the_word_it_asked_for() -> None:
    answer = format_named("slack").handshake
    assert answer is not None
    response = answer({"type": "url_verification", "challenge": "3eZbrw"})
    assert response is not None
    assert json.loads(response.body) == {"challenge": "3eZbrw"}
    assert answer(payload("slack/app_mention")) is None
