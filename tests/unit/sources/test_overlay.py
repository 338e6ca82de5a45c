"""A mapping beside a built-in format adds to what the format reads, whichever line chooses the format."""

from typing import Any

import pytest

from shared.config.sources import Source
from shared.events import Alert, BusinessEvent, Signal
from shared.intake.webhook import Reading, read
from shared.sources import format_name

DISPUTE = {"type": "charge.dispute.created", "data": {"object": {"id": "dp_1", "amount": 900, "currency": "eur"}}}
PAYMENT = {"type": "charge.succeeded", "data": {"object": {"id": "ch_1", "amount": 900, "currency": "eur"}}}
UNREAD = {"type": "tax.settings.updated", "data": {"object": {"id": "t_1"}}}
WHEN = "type == 'tax.settings.updated'"


def stripe(**keys: Any) -> Source:
    return Source.model_validate({"scheme": "stripe", "secrets": ["S"], **keys})


def reading(source: Source, payload: Any, *, name: str = "shop") -> Reading:
    return read(name, source, {}, payload)


def titles(signals: tuple[Signal, ...]) -> list[str]:
    return [signal.title for signal in signals]


@pytest.mark.parametrize("chosen", [{}, {"format": "stripe"}])
def test_a_mapping_adds_its_alert_and_the_format_still_reads_the_rest(chosen: dict[str, str]) -> None:
    source = stripe(**chosen, alert={"when": WHEN, "title": "type", "severity": "critical"})
    (added,) = reading(source, UNREAD).signals
    assert isinstance(added, Alert)
    assert (added.title, added.severity) == ("tax.settings.updated", "critical")
    (read_by_format,) = reading(source, DISPUTE).signals
    assert isinstance(read_by_format, Alert)
    assert read_by_format.fingerprint == "dispute:dp_1"


def test_the_alert_of_the_operator_replaces_that_of_the_format_with_the_same_fingerprint() -> None:
    alert = {
        "title": "'Answer the dispute'",
        "severity": "info",
        "fingerprint": "join(':', ['dispute', data.object.id])",
    }
    (signal,) = reading(stripe(alert=alert), DISPUTE).signals
    assert isinstance(signal, Alert)
    assert (signal.title, signal.severity) == ("Answer the dispute", "info")


def test_alerts_with_two_fingerprints_are_two() -> None:
    said = reading(stripe(alert={"title": "'Mine'"}), DISPUTE)
    assert (titles(said.signals)[0], len(said.signals), said.subject) == ("Mine", 2, "Mine")


def test_the_news_of_the_operator_replaces_that_of_the_format_so_that_money_counts_once() -> None:
    event = {"title": "'Sold'", "amount": "data.object.amount", "currency": "data.object.currency"}
    (signal,) = reading(stripe(event=event), PAYMENT).signals
    assert isinstance(signal, BusinessEvent)
    assert (signal.title, signal.money and signal.money.amount) == ("Sold", 900)


@pytest.mark.parametrize(("about", "listed"), [({}, "money in"), ({"about": "customers"}, "customers")])
def test_what_the_news_of_the_operator_does_not_say_stays_as_the_format_reads_it(
    about: dict[str, str], listed: str
) -> None:
    (signal,) = reading(stripe(event={"title": "type", **about}), PAYMENT).signals
    assert isinstance(signal, BusinessEvent)
    assert (signal.title, signal.about, signal.money and signal.money.amount) == ("charge.succeeded", listed, 900)
    assert signal.link


@pytest.mark.parametrize(("status", "expected"), [({}, "resolved"), ({"status": "'open'"}, "firing")])
def test_an_alert_without_a_status_of_its_own_ends_where_the_format_says_so(
    status: dict[str, str], expected: str
) -> None:
    fingerprint = "join(':', ['dispute', data.object.id])"
    source = stripe(alert={"title": "'Answer the dispute'", "fingerprint": fingerprint, **status})
    (signal,) = reading(source, {**DISPUTE, "type": "charge.dispute.closed"}).signals
    assert isinstance(signal, Alert)
    assert (signal.title, signal.status) == ("Answer the dispute", expected)


def test_an_alert_of_the_operator_leaves_the_news_of_the_format() -> None:
    assert titles(reading(stripe(alert={"title": "'A large sum'"}), PAYMENT).signals)[0] == "A large sum"
    assert len(reading(stripe(alert={"title": "'A large sum'"}), PAYMENT).signals) == 2


@pytest.mark.parametrize(
    "alert",
    [
        {"title": "data.nothing"},
        {"title": "type", "when": "contains(nothing, 'a')"},
        {"title": "type", "when": "contains(type, livemode)"},
    ],
)
def test_a_mapping_that_does_not_fit_is_an_alert_and_costs_nothing_that_the_format_reads(alert: dict[str, str]) -> None:
    source = stripe(alert=alert, severity={"charge.dispute.created": "info"})
    said = reading(source, {**DISPUTE, "livemode": True})
    assert said.quarantine is None
    dispute, mistake = said.signals
    assert isinstance(dispute, Alert)
    assert (dispute.fingerprint, dispute.severity) == ("dispute:dp_1", "info")
    assert isinstance(mistake, Alert)
    assert (mistake.title, mistake.severity) == ("A mapping in opos.yaml does not fit a payload", "warning")
    assert "expected" in mistake.summary
    assert said.subject == dispute.title


def test_a_format_that_does_not_fit_is_an_alert_and_costs_nothing_that_the_mapping_reads() -> None:
    changed = {"type": "charge.dispute.created", "data": "moved"}
    said = reading(stripe(alert={"title": "type", "severity": "critical"}), changed)
    own, mistake = said.signals
    assert isinstance(own, Alert)
    assert (own.title, own.severity, said.subject) == ("charge.dispute.created", "critical", own.title)
    assert isinstance(mistake, Alert)
    assert "expected data.object to be" in mistake.summary
    assert reading(stripe(alert={"title": "type", "when": "nothing"}), changed).quarantine


@pytest.mark.parametrize(
    ("keys", "name", "chosen"),
    [
        ({"scheme": "stripe", "alert": {"title": "t"}}, "shop", "stripe"),
        ({"scheme": "bearer", "format": "stripe", "event": {"title": "t"}}, "shop", "stripe"),
        ({"scheme": "stripe", "format": "mapped", "alert": {"title": "t"}}, "shop", "mapped"),
        ({"scheme": "bearer", "alert": {"title": "t"}}, "grafana", "grafana"),
        ({"scheme": "bearer"}, "grafana", "grafana"),
        ({"scheme": "bearer", "alert": {"title": "t"}}, "shop", "mapped"),
        ({"scheme": "bearer"}, "shop", "mapped"),
        ({"scheme": "standard-webhooks"}, "shop", "standard-webhooks"),
        ({"scheme": "standard-webhooks", "alert": {"title": "t"}}, "shop", "mapped"),
        ({"scheme": "standard-webhooks", "format": "standard-webhooks", "event": {"title": "t"}}, "shop", "mapped"),
        ({"scheme": "standard-webhooks", "type": "kind"}, "shop", "mapped"),
        ({"scheme": "shopify"}, "shop", "shopify"),
        ({"scheme": "linear"}, "issues", "linear"),
    ],
)
def test_the_format_is_the_declared_one_else_that_of_the_scheme_else_of_the_name(
    keys: dict[str, Any], name: str, chosen: str
) -> None:
    assert format_name(name, Source.model_validate({"secrets": ["S"], **keys})) == chosen


@pytest.mark.parametrize(
    ("values", "severity"), [({}, "warning"), ({"error": "critical"}, "critical"), ({"warning": "info"}, "warning")]
)
def test_the_operators_meaning_of_a_word_comes_before_that_of_the_sender(values: dict[str, str], severity: str) -> None:
    source = Source.model_validate({"scheme": "sentry", "secrets": ["S"], "severity_values": values})
    issue = {"id": "1", "title": "Checkout fails", "level": "error"}
    (signal,) = read(
        "web", source, {"sentry-hook-resource": "issue"}, {"action": "created", "data": {"issue": issue}}
    ).signals
    assert isinstance(signal, Alert)
    assert signal.severity == severity
