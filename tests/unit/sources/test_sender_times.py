"""Times from senders, and which of them opos trusts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.config.sources import Source
from shared.events import Alert
from shared.intake.webhook import read
from shared.sources.payload import parse_moment

MOMENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-20T09:00:00Z", "2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00.000000000Z", "1795165200",
        "1795165200000", "1795165200.0",
    ],
)  # fmt: skip
def test_a_moment_is_read_in_each_of_the_ways_that_senders_write_it(said: str) -> None:
    assert parse_moment(said) == MOMENT


@pytest.mark.parametrize(
    "said",
    [
        "",
        "0001-01-01T00:00:00Z",
        "0",
        "2026-11-20T09:00:00",
        "yesterday",
        "9" * 15,
        "-5",
        "2026-13-01T00:00:00Z",
        "nan",
    ],
)
def test_what_is_no_moment_or_the_zero_of_a_clock_says_nothing(said: str) -> None:
    assert parse_moment(said) is None


def alert(scheme: str, payload: Any, **more: Any) -> Alert:
    source = Source.model_validate({"scheme": scheme, "secrets": ["S"], **more})
    (signal,) = read("app", source, {}, payload).signals
    assert isinstance(signal, Alert)
    return signal


def test_alertmanager_names_the_beginning_and_a_runbook_and_its_order_is_that_of_arrival() -> None:
    annotations = {"summary": "full", "runbook_url": "https://wiki.example/disk"}
    sent = {
        "fingerprint": "f",
        "labels": {"alertname": "D"},
        "annotations": annotations,
        "startsAt": "2026-11-20T09:00:00Z",
    }
    received = alert(
        "bearer", {"status": "firing", "alerts": [{**sent, "endsAt": "0001-01-01T00:00:00Z"}]}, format="alertmanager"
    )
    assert (received.began, received.at, received.runbook) == (MOMENT, None, "https://wiki.example/disk")


def test_stripe_says_when_each_event_was_made_since_it_promises_no_order() -> None:
    payload = {"id": "evt", "type": "charge.dispute.created", "created": 1795165200}
    payload["data"] = {"object": {"id": "dp_1", "amount": 100, "currency": "eur"}}  # type: ignore[assignment]
    assert alert("stripe", payload).at == MOMENT


def test_pagerduty_says_when_something_occurred() -> None:
    event = {
        "id": "e",
        "event_type": "incident.triggered",
        "occurred_at": "2026-11-20T09:00:00Z",
        "data": {"id": "I", "title": "T"},
    }
    assert alert("pagerduty", {"event": event}).at == MOMENT


def test_a_mapping_may_name_the_moment_labels_and_a_runbook() -> None:
    mapping = {
        "title": "t",
        "severity": "warning",
        "at": "when",
        "runbook": "book",
        "labels": {"alertname": "rule", "host": "host"},
    }
    payload = {"t": "Slow", "when": 1795165200, "book": "https://wiki.example/slow", "rule": "Slow", "host": 5}
    received = alert("bearer", payload, alert=mapping)
    assert (received.at, received.runbook, received.labels) == (
        MOMENT,
        "https://wiki.example/slow",
        {"alertname": "Slow", "host": "5"},
    )


def github(event: str, payload: Any) -> Alert:
    source = Source(scheme="github", secrets=("S",))
    (signal,) = read("github", source, {"x-github-event": event}, payload).signals
    assert isinstance(signal, Alert)
    return signal


def test_github_says_when_a_run_a_suite_a_deployment_and_a_dependency_changed() -> None:
    at, where = {"updated_at": "2026-11-20T09:00:00Z"}, {"repository": {"full_name": "acme/shop"}}
    run = {"conclusion": "failure", "workflow_id": 1, "head_branch": "main", **at}
    assert github("workflow_run", {"action": "completed", "workflow_run": run, **where}).at == MOMENT
    suite = {"conclusion": "failure", "app": {"name": "Checks"}, **at}
    assert github("check_suite", {"action": "completed", "check_suite": suite, **where}).at == MOMENT
    assert github("deployment_status", {"deployment_status": {"state": "failure", **at}, **where}).at == MOMENT
    assert github("dependabot_alert", {"action": "fixed", "alert": {"number": 1, **at}, **where}).at == MOMENT


def test_a_check_run_is_ordered_by_the_time_that_its_app_states_as_it_states_the_conclusion() -> None:
    check = {"conclusion": "failure", "name": "lint", "completed_at": "2026-11-20T09:00:00Z"}
    assert github("check_run", {"action": "completed", "check_run": check}).at == MOMENT


@pytest.mark.parametrize("event", ["code_scanning_alert", "secret_scanning_alert", "repository_vulnerability_alert"])
def test_the_alerts_of_githubs_scanners_say_when_they_began_changed_and_ended(event: str) -> None:
    said = "2026-11-20T09:00:00Z"
    earlier = {"created_at": "2026-11-01T09:00:00Z", "fixed_at": None, "dismissed_at": "2026-11-02T09:00:00Z"}
    assert github(event, {"action": "created", "alert": {"number": 1, "created_at": said}}).at == MOMENT
    assert github(event, {"action": "fixed", "alert": {**earlier, "number": 1, "fixed_at": said}}).at == MOMENT
    assert github(event, {"action": "reopened", "alert": {**earlier, "number": 1, "updated_at": said}}).at == MOMENT
    assert github(event, {"action": "reopened", "alert": {**earlier, "number": 1}}).at is None


def test_linear_says_when_an_issue_changed_and_sentry_when_an_incident_began() -> None:
    issue = {"id": "i", "title": "T", "priority": 1}
    assert alert("linear", {"type": "Issue", "action": "update", "createdAt": "2026-11-20T09:00:00Z", "data": issue}).at
    source = Source(scheme="sentry", secrets=("S",))
    told = {"metric_alert": {"id": "5", "date_started": "2026-11-20T09:00:00Z"}, "description_title": "Errors"}
    (signal,) = read(
        "sentry", source, {"sentry-hook-resource": "metric_alert"}, {"action": "critical", "data": told}
    ).signals
    assert isinstance(signal, Alert)
    assert (signal.began, signal.at) == (MOMENT, None)


def test_sentry_says_when_an_issue_was_new_and_when_an_event_arrived_and_nothing_else_orders() -> None:
    source, issue = (
        Source(scheme="sentry", secrets=("S",)),
        {"id": "1", "title": "T", "lastSeen": "2026-11-20T08:00:00Z"},
    )

    def at(resource: str, action: str, data: Any) -> datetime | None:
        headers = {"sentry-hook-resource": resource, "sentry-hook-timestamp": "1795165200"}
        (signal,) = read("sentry", source, headers, {"action": action, "data": data}).signals
        assert isinstance(signal, Alert)
        return signal.at

    told = {"issue": {**issue, "firstSeen": "2026-11-20T09:00:00Z"}}
    assert at("issue", "created", told) == MOMENT
    assert [at("issue", action, told) for action in ("unresolved", "resolved", "archived")] == [None] * 3
    assert (
        at("event_alert", "triggered", {"event": {"issue_id": "1", "title": "T", "received": 1795165200.0}}) == MOMENT
    )


def test_shopify_says_when_a_dispute_began_and_ended_in_its_signed_body() -> None:
    times = {"initiated_at": "2026-11-20T09:00:00Z", "finalized_on": "2026-11-20T10:00:00+01:00"}
    source, headers = Source(scheme="shopify", secrets=("S",)), {"x-shopify-topic": "disputes/update"}
    for status in ("under_review", "won"):
        (signal,) = read("shop", source, headers, {"id": 5, "order_id": 1, "status": status, **times}).signals
        assert isinstance(signal, Alert)
        assert signal.at == MOMENT
