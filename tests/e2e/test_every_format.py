"""Every format and every scheme over HTTP: a payload of each sender becomes what it says, and not only a 202."""

import codecs
import json
from typing import Any, NamedTuple, get_args

import pytest

from shared.config.files import compiled_config
from shared.config.sources import FormatName, SchemeName
from shared.intake.webhook import read_again
from shared.sources import scheme
from tests.support.bundle import SECRETS, Bundle
from tests.support.project import PAYLOADS

SOURCES = """
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  stripe: {scheme: stripe, secrets: [STRIPE_SECRET]}
  standard-webhooks: {scheme: standard-webhooks, secrets: [APP_SECRET]}
  slack: {scheme: slack, secrets: [SLACK_SECRET]}
  sentry: {scheme: sentry, secrets: [GITHUB_SECRET]}
  pagerduty: {scheme: pagerduty, secrets: [GITHUB_SECRET]}
  pagerduty-events: {scheme: pagerduty-events, secrets: [ROUTING_KEY]}
  shopify: {scheme: shopify, secrets: [GITHUB_SECRET]}
  linear: {scheme: linear, secrets: [GITHUB_SECRET]}
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  grafana: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  google-monitoring: {scheme: basic, secrets: [ALERTMANAGER_TOKEN]}
  uptimerobot: {scheme: basic, secrets: [ALERTMANAGER_TOKEN]}
  mapped: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, alert: {title: title}}
"""


class Said(NamedTuple):
    """A payload, the event type that its header says, the type of the event, and what opos keeps of it."""

    payload: str
    header: str
    type: str
    kept: str


FORMATS: dict[str, Said] = {
    "github": Said(
        "github/deployment.failed", "deployment_status", "deployment_status.created",
        "critical firing deployment:acme/shop:production: Deployment of acme/shop to production failed",
    ),
    "stripe": Said(
        "stripe/charge.dispute.created", "", "charge.dispute.created",
        "critical firing dispute:dp_1: Payment of 1,500 JPY is disputed",
    ),
    "standard-webhooks": Said(
        "standard_webhooks/customer.created", "", "customer.created", "info noted: customer.created"
    ),
    "slack": Said("slack/app_mention", "", "app_mention", "info noted: Slack: <@U1> the shop is slow"),
    "sentry": Said(
        "sentry/issue.created", "issue", "issue.created", "warning firing issue:42: web: TypeError: x is null"
    ),
    "pagerduty": Said(
        "pagerduty/incident.triggered", "", "incident.triggered",
        "critical firing incident:PGR0: Database is down",
    ),
    "pagerduty-events": Said(
        "pagerduty_events/trigger", "", "trigger", "critical firing db-1/disk: Disk of db-1 is full"
    ),
    "shopify": Said(
        "shopify/disputes_create", "disputes/create", "disputes/create",
        "critical firing dispute:5: Order 1 is disputed",
    ),
    "linear": Said(
        "linear/urgent", "Issue", "Issue.create", "warning firing issue:uuid-1: Urgent: ACME-1 Checkout is down"
    ),
    "alertmanager": Said(
        "alertmanager/firing", "", "alerts.firing",
        "critical firing: DiskFull: The disk of db-1 is full",
    ),
    "grafana": Said(
        "grafana/firing", "", "alerts.firing", "warning firing: DiskFull: The disk of db-1 is full"
    ),
    "google-monitoring": Said(
        "google_monitoring/open", "", "incident.open", "critical firing incident:0.abc: High latency"
    ),
    "uptimerobot": Said("uptimerobot/down", "", "monitor.1", "critical firing down:777: Shop is down"),
    "mapped": Said("mapped", "", "event", "warning firing Disk full: Disk full"),
}  # fmt: skip


def payload(bundle: Bundle, case: str) -> Any:
    """The payload of *case*, sent now and with the key that this bundle has."""
    content = {"title": "Disk full"} if case == "mapped" else json.loads((PAYLOADS / f"{case}.json").read_text())
    now = {"webhookTimestamp": int(bundle.clock.now().timestamp() * 1000), "routing_key": SECRETS["ROUTING_KEY"]}
    return {**content, **{name: value for name, value in now.items() if name in content}}


def outcome(bundle: Bundle, source: str) -> tuple[str, str]:
    """The type of the only event of *source*, and what opos keeps of its only signal."""
    (event,) = (doc.data for doc in bundle.docs("events") if doc.data["source"] == source)
    (alert,) = (doc.data for doc in bundle.docs("alerts") if doc.data["source"] == source)
    named = " ".join(filter(None, (alert["severity"], alert["state"], alert["labels"].get("incident"))))
    assert (event["quarantine"], alert["last_event"]) == (None, event["id"])
    return event["type"], f"{named}: {alert['title']}"


def test_the_table_has_every_format_and_the_sources_have_every_scheme(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    assert set(FORMATS) == set(get_args(FormatName)) == set(embedded.runtime.config.sources)
    assert {source.scheme for source in embedded.runtime.config.sources.values()} == set(get_args(SchemeName))


@pytest.mark.parametrize(
    ("compiled", "mark"),
    [(False, b""), (True, b""), (False, codecs.BOM_UTF8)],
    ids=["as written", "as compiled", "after a byte order mark"],
)
def test_a_payload_of_every_format_becomes_what_it_says(embedded: Bundle, mark: bytes, *, compiled: bool) -> None:
    embedded.configure(SOURCES + "route: {channel: desk}\n")
    if compiled:
        path = embedded.folder / "opos.yaml"
        compiled_config.place(path).write_bytes(compiled_config.written(embedded.runtime.config, path))
        embedded.runtime.__dict__["config"] = compiled_config.read(path)
    for name, said in FORMATS.items():
        body = mark + json.dumps(payload(embedded, said.payload)).encode()
        assert embedded.send(name, body, event_type=said.header).status == 202
    embedded.settle()
    assert {name: outcome(embedded, name) for name in FORMATS} == {
        name: (said.type, said.kept) for name, said in FORMATS.items()
    }


RELAYED = """
sources:
  github: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Relay-Signature}}
  shopify: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  sentry: {scheme: standard-webhooks, secrets: [APP_SECRET], format: sentry}
"""
TYPE_HEADERS = {"github": "x-github-event", "shopify": "x-shopify-topic", "sentry": "sentry-hook-resource"}


@pytest.mark.parametrize("name", TYPE_HEADERS)
def test_a_format_has_the_header_with_its_type_under_any_scheme_also_in_a_replay(embedded: Bundle, name: str) -> None:
    embedded.configure(RELAYED)
    said, source = FORMATS[name], embedded.runtime.config.sources[name]
    body = json.dumps(payload(embedded, said.payload)).encode()
    signed = scheme(source).sign(
        body, SECRETS[source.secrets[0]], now=embedded.clock.now(), delivery="d1", event_type=""
    )
    answer = embedded.request("POST", f"/webhooks/{name}", body, {**signed, TYPE_HEADERS[name]: said.header})
    embedded.settle()
    assert (answer.status, outcome(embedded, name)) == (202, (said.type, said.kept))
    (event,) = embedded.docs("events")
    again, signals = read_again(event, embedded.runtime.config)
    assert (again.type, len(signals)) == (said.type, 1)


def test_a_header_that_is_missing_is_named(embedded: Bundle) -> None:
    embedded.configure(RELAYED)
    embedded.request("POST", "/webhooks/shopify", b"{}", {"authorization": "Bearer am-token"})
    (event,) = embedded.docs("events")
    assert event.data["quarantine"] == "expected the header x-shopify-topic, found none"
