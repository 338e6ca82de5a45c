"""Samples take the whole way: the command signs them, they come over HTTP, fire an alert, and resolve it."""

import json
import re
import shutil
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from opos.company import SHIPPED
from opos.senders.sample import samples
from shared.runtime.clock import new_id
from shared.sources import FORMATS, format_name
from tests.support.bundle import SECRETS, Bundle

SOURCES = """
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  stripe: {scheme: stripe, secrets: [STRIPE_SECRET]}
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  grafana: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  slack: {scheme: slack, secrets: [SLACK_SECRET]}
  sentry: {scheme: sentry, secrets: [APP_SECRET]}
  incidents: {scheme: pagerduty, secrets: [APP_SECRET]}
  pagerduty: {scheme: pagerduty-events, secrets: [ROUTING_KEY]}
  shopify: {scheme: shopify, secrets: [APP_SECRET]}
  linear: {scheme: linear, secrets: [APP_SECRET]}
  uptimerobot: {scheme: basic, secrets: [APP_SECRET]}
  google-monitoring: {scheme: basic, secrets: [APP_SECRET]}
  plain: {scheme: standard-webhooks, secrets: [APP_SECRET]}
  own:
    scheme: standard-webhooks
    secrets: [APP_SECRET]
    alert: {when: data.severity, title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}
    event: {title: data.title, amount: data.cents, currency: data.currency}
  checks:
    scheme: hmac
    secrets: [APP_SECRET]
    hmac: {header: X-Signature, template: "{id}.{timestamp}.{body}", timestamp_header: X-Time, id_header: X-Id}
    type: kind
    alert: {when: "kind == 'check'", title: "join(' ', ['Check', check.name])", severity: warning, status: check.state,
      fingerprint: check.name, at: check.at, labels: {host: check.host}}
"""
ALERTING = {
    "github": ("firing", "resolved"), "stripe": ("firing", "resolved"), "alertmanager": ("firing", "resolved"),
    "grafana": ("firing", "resolved"), "sentry": ("firing", "resolved"), "incidents": ("firing", "resolved"),
    "pagerduty": ("firing", "resolved"), "shopify": ("firing", "resolved"), "linear": ("firing", "resolved"),
    "uptimerobot": ("firing", "resolved"), "google-monitoring": ("firing", "resolved"), "own": ("firing", "resolved"),
    "checks": ("firing", "resolved"),
}  # fmt: skip
FAILURES = {"github": ("failure", "success")}
NEWS = {
    "stripe": ("payment",), "slack": ("mention", "message"), "plain": ("event",), "own": ("event",), "github": ("push",),
}  # fmt: skip
FED = {"stripe": ("customer",)}
"""Samples that become records."""


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    embedded.configure(SOURCES)
    embedded.clock.moment = datetime.now(UTC)  # the command has the time of the machine
    return embedded


def opos(bundle: Bundle, *words: str) -> Result:
    with chdir(bundle.folder):
        return CliRunner().invoke(main, words, env=SECRETS)


def sent(bundle: Bundle, source: str, name: str) -> dict[str, Any]:
    """The event that the sample *name* becomes, posted over HTTP as the command posts it."""
    declared = bundle.runtime.config.sources[source]
    bundle.clock.moment, delivery = datetime.now(UTC), new_id()
    sample = samples(source, declared)[name]
    secret = SECRETS[declared.secrets[0]]
    payload = sample.filled(now=bundle.clock.now(), id=delivery, secret=secret)
    answer = bundle.send(source, payload, delivery=delivery, event_type=sample.type)
    assert (answer.status, answer.json["status"]) == (202, "accepted"), (source, name)
    bundle.settle()
    event = bundle.doc(f"events/{answer.json['id']}")
    assert (event["state"], event["quarantine"], event["repeats"]) == ("handled", None, ""), event
    return event


def send(bundle: Bundle, source: str, name: str) -> dict[str, Any]:
    """The event that the command makes of the sample *name*."""
    bundle.clock.moment = datetime.now(UTC)
    done = opos(bundle, "send", source, "--sample", name, "--url", bundle.url, "--json")
    assert done.exit_code == 0, (source, name, done.output)
    bundle.settle()
    answer = json.loads(done.stdout[done.stdout.index("{\n") :])  # after the log of the bundle, which runs here too
    return bundle.doc(f"events/{answer['body']['id']}")


def alerts(bundle: Bundle, source: str) -> list[dict[str, Any]]:
    return [doc.data for doc in bundle.docs("alerts") if doc.data["source"] == source and doc.data["state"] != "noted"]


def test_every_format_has_samples_and_every_sample_is_sent_here(bundle: Bundle) -> None:
    sources = bundle.runtime.config.sources
    assert {format_name(name, source) for name, source in sources.items()} == {*FORMATS, "mapped"}
    known = {
        (source, sample)
        for table in (ALERTING, FAILURES, NEWS, FED)
        for source, names in table.items()
        for sample in names
    }
    assert known == {(name, sample) for name, source in sources.items() for sample in samples(name, source)}


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_firing_makes_an_alert_and_resolved_ends_it_again_and_again(bundle: Bundle, rounds: int) -> None:
    for source, pair in [*ALERTING.items(), *FAILURES.items()]:
        for _ in range(rounds):
            for sample, state in zip(pair, ("firing", "resolved"), strict=True):
                sent(bundle, source, sample)
                alert = max(alerts(bundle, source), key=lambda data: data["last_seen"])
                assert (alert["state"], source) == (state, source)
                assert "sample" in alert["title"].lower(), alert["title"]
    assert {data["state"] for data in (doc.data for doc in bundle.docs("alerts"))} == {"resolved"}


def test_news_is_a_line_of_the_digest_and_no_sample_is_income(bundle: Bundle) -> None:
    for source, names in NEWS.items():
        for sample in names:
            sent(bundle, source, sample)
    lines = [doc.data for doc in bundle.docs("alerts") if doc.data["state"] == "noted"]
    assert {data["source"] for data in lines} == {"stripe", "slack", "plain", "own"}
    assert all("sample" in data["title"].lower() for data in lines)
    assert sum(data["money"]["amount"] for data in lines if data["money"]) == 0


def test_a_sample_of_a_customer_becomes_a_record(bundle: Bundle) -> None:
    shutil.copytree(SHIPPED, bundle.folder / "company")
    for source, names in FED.items():
        for sample in names:
            sent(bundle, source, sample)
    assert [doc.data["title"] for doc in bundle.docs("records_customer")] == ["Sample: Ada"]
    assert alerts(bundle, "stripe") == []


@pytest.mark.parametrize("source", ["stripe", "github", "pagerduty", "checks"])
def test_the_command_sends_it_and_says_where_to_look(bundle: Bundle, source: str) -> None:
    assert send(bundle, source, "firing")["quarantine"] is None
    done = opos(bundle, "send", source, "--sample", "resolved", "--url", bundle.url)
    bundle.settle()
    assert re.search(r"202 accepted: event [0-9a-f]{32}\n`opos trace [0-9a-f]{8}` shows what followed.", done.stdout)
    assert [alert["state"] for alert in alerts(bundle, source)] == ["resolved"]


@pytest.mark.parametrize(
    ("scheme", "format"), [("standard-webhooks", "shopify"), ("hmac", "github"), ("bearer", "sentry")]
)
def test_a_sample_under_another_scheme_has_the_header_that_its_format_reads(
    bundle: Bundle, scheme: str, format: str
) -> None:
    signs = ", hmac: {header: X-Sig}" if scheme == "hmac" else ""
    bundle.configure(f"sources: {{shop: {{scheme: {scheme}, format: {format}, secrets: [APP_SECRET]{signs}}}}}\n")
    assert send(bundle, "shop", "firing")["quarantine"] is None
    assert [alert["state"] for alert in alerts(bundle, "shop")] == ["firing"]


def test_a_critical_sample_notifies(bundle: Bundle) -> None:
    send(bundle, "stripe", "firing")
    assert ["Sample" in title for title in bundle.pages()] == [True]


def test_a_wrong_name_is_answered_with_the_samples_that_there_are(bundle: Bundle) -> None:
    done = opos(bundle, "send", "stripe", "--sample", "frining", "--url", bundle.url)
    assert done.exit_code == 2
    assert "expected a sample for stripe (firing, resolved, payment, customer), found 'frining'" in done.stderr
    done = opos(bundle, "send", "plain", "--sample", "firing", "--url", bundle.url)
    assert "expected a sample for plain (event), found 'firing'" in done.stderr
    done = opos(bundle, "send", "nobody", "--sample", "firing", "--url", bundle.url)
    assert (done.exit_code, "expected a source of opos.yaml (github, stripe," in done.stderr) == (2, True)
    assert bundle.docs("events") == []


def test_the_list_says_what_each_sample_is_and_sends_nothing(bundle: Bundle) -> None:
    done = opos(bundle, "send", "stripe", "--list")
    assert done.stdout.splitlines()[0] == "firing    a disputed payment, which is critical"
    assert [*json.loads(opos(bundle, "send", "own", "--list", "--json").stdout)] == ["firing", "resolved", "event"]
    assert bundle.docs("events") == []


def test_a_payload_and_a_sample_are_not_sent_together(bundle: Bundle) -> None:
    done = opos(bundle, "send", "stripe", "opos.yaml", "--sample", "firing")
    assert (done.exit_code, "expected PAYLOAD or --sample, found both" in done.stderr) == (2, True)


def test_what_could_only_be_quarantined_is_not_sent(bundle: Bundle, tmp_path: Path) -> None:
    empty, order = tmp_path / "empty.json", tmp_path / "order.json"
    empty.write_text("")
    order.write_text('{"id": 1}')
    assert "expected PAYLOAD or --sample" in opos(bundle, "send", "shopify", str(empty)).stderr
    assert "expected --type, since shopify names the event type" in opos(bundle, "send", "shopify", str(order)).stderr


def test_a_declared_header_has_the_delivery_id(bundle: Bundle) -> None:
    bundle.configure(
        "sources: {jobs: {scheme: hmac, secrets: [APP_SECRET], hmac: {header: X-Sig}, delivery: {header: X-Job}}}\n"
    )
    assert send(bundle, "jobs", "event")["delivery_id"]
    done = opos(bundle, "send", "jobs", "--sample", "event", "--delivery", "job-7", "--url", bundle.url)
    assert done.exit_code == 0
    assert "job-7" in {doc.data["delivery_id"] for doc in bundle.docs("events")}
