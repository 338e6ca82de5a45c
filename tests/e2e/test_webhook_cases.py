"""Payloads that were once misread, each over HTTP with the decision that it deserves. They are in tests/data/webhooks."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.bundle import Bundle
from tests.support.half_sent import CHUNKED, sent
from tests.support.project import ROOT

DATA = ROOT / "tests/data/webhooks"
SOURCES = """
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  sentry: {scheme: sentry, secrets: [GITHUB_SECRET]}
  slack: {scheme: slack, secrets: [SLACK_SECRET]}
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  grafana: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  plain:
    scheme: bearer
    secrets: [ALERTMANAGER_TOKEN]
    alert: {title: title, severity: severity, status: status, fingerprint: id}
"""


class Case(NamedTuple):
    """Deliveries, each a file and the event type in its header, 20 s apart, and what becomes of them.

    `decisions` has, for each delivery, where its only alert went and its subject; `pages` are the titles of the
    notifications.
    """

    source: str
    deliveries: tuple[tuple[str, str], ...]
    decisions: tuple[str, ...]
    state: str = "firing"
    pages: tuple[str, ...] = ()


DEPLOYMENT = "Deployment of acme/shop to production failed"
CASES = {
    "an older failure of a deployment that arrives after its success opens nothing": Case(
        "github",
        (("deployment_passed", "deployment_status"), ("deployment_failed_before", "deployment_status")),
        (f"record resolved: {DEPLOYMENT}", f"digest {DEPLOYMENT}"),
        state="resolved",
    ),
    "an older failure of a workflow that arrives after its success opens nothing": Case(
        "github",
        (("workflow_passed", "workflow_run"), ("workflow_failed_before", "workflow_run")),
        ("record resolved: Tests failed: acme/shop on main", "digest Tests failed: acme/shop on main"),
        state="resolved",
    ),
    "JSON after a byte order mark is JSON": Case(
        "plain", (("byte_order_mark", ""),), ("page Queue is full",), pages=("Queue is full",)
    ),
    "an event alert of Sentry is about its issue, in the project that its address names": Case(
        "sentry", (("sentry_event", "event_alert"),), ("digest storefront: TypeError: price is None",)
    ),
    "the number of a project is no part of a title": Case(
        "sentry",
        (("sentry_event_of_a_numbered_project", "event_alert"),),
        ("page MemoryError: out of memory",),
        pages=("MemoryError: out of memory",),
    ),
    "a message that its writer edits or deletes is not a new one": Case(
        "slack",
        (("slack_message", ""), ("slack_message_edited", ""), ("slack_message_deleted", "")),
        ("digest Slack: is the shop down?", " message in Slack", " message in Slack"),
        state="noted",
    ),
    "an alert that fires again with the same start notifies again": Case(
        "alertmanager",
        (("queue_firing", ""), ("queue_resolved", ""), ("queue_firing", "")),
        ("page QueueFull", "digest resolved: QueueFull", "hold QueueFull"),
        pages=("QueueFull", "QueueFull (fired 2 times in an hour)"),
    ),
    "an alert without a description says which instance it is about": Case(
        "grafana", (("dotted_labels", ""),), ("page Slow: p99 is above 3 s",), pages=("Slow: p99 is above 3 s",)
    ),
}


def content(name: str) -> bytes:
    return (DATA / f"{name}.json").read_bytes()


def decision(bundle: Bundle, id: str) -> str:
    """Where the alerts of the event went, and its subject."""
    event = bundle.doc(f"events/{id}")
    assert event["quarantine"] is None
    paths = [decided["path"] for mark in event["handled"].values() for decided in mark["decisions"]]
    return f"{','.join(paths)} {event['subject']}"


@pytest.mark.parametrize("name", CASES)
def test_a_payload_is_decided_as_it_deserves(embedded: Bundle, name: str) -> None:
    case, ids = CASES[name], []
    embedded.configure(SOURCES)
    for number, (file, event_type) in enumerate(case.deliveries):
        answer = embedded.send(case.source, content(file), delivery=f"d{number}", event_type=event_type)
        embedded.settle()
        embedded.clock.advance(seconds=20)
        ids.append(answer.json["id"])
    embedded.tick(minutes=1)
    assert tuple(decision(embedded, id) for id in ids) == case.decisions
    assert [alert.data["state"] for alert in embedded.docs("alerts")] == [case.state]
    assert tuple(embedded.pages()) == case.pages


def test_sentry_says_where_and_how_bad_an_error_is(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    for number, file in enumerate(("sentry_event", "sentry_event_of_a_numbered_project", "sentry_event")):
        embedded.send("sentry", content(file), delivery=f"d{number}", event_type="event_alert")
    embedded.settle()
    said = {alert.data["labels"]["incident"]: alert.data for alert in embedded.docs("alerts")}
    assert {id: (alert["severity"], alert["labels"]["project"], alert["link"]) for id, alert in said.items()} == {
        "issue:7001": ("warning", "storefront", "https://sentry.example/organizations/acme/issues/7001/events/5c1f/"),
        "issue:7002": ("critical", "12", ""),
    }
    assert said["issue:7001"]["count"] == 2


def test_the_pods_of_one_webhook_are_told_apart_in_one_notification(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    embedded.send("alertmanager", content("three_pods"))
    embedded.settle()
    ((_, notice),) = embedded.desk.sent
    assert notice.title == "3 alerts of PodRestarts: A pod restarts."
    assert sorted(notice.text.splitlines()[:3]) == ["!! pod api-3", "!! pod cache-1", "!! pod worker-9"]


@pytest.mark.parametrize("described", [True, False])
def test_the_pods_of_three_webhooks_are_told_apart_in_three_notifications(embedded: Bundle, *, described: bool) -> None:
    embedded.configure(SOURCES + "route: {channel: desk, group_by: [pod]}\n")
    payload = json.loads(content("three_pods"))
    for alert in payload["alerts"]:
        if not described:
            del alert["annotations"]["description"]
        embedded.send("alertmanager", {**payload, "groupKey": alert["fingerprint"], "alerts": [alert]})
        embedded.settle()
    texts = [notice.text for _, notice in embedded.desk.sent]
    pods = ("api-3", "cache-1", "worker-9")
    assert [[pod in text for pod in pods] for text in texts] == [[pod == own for pod in pods] for own in pods]


QUOTED = """
runbooks: {Slow: "https://runbooks.example/slow"}
route:
  channel: inbox
  routes:
    - {matchers: ['"service.name"=basket', '"k8s/pod-name"=~"api-.*"'], channel: desk, group_by: [service.name]}
"""


def test_labels_with_dots_and_slashes_route_group_silence_and_link(embedded: Bundle) -> None:
    embedded.configure(SOURCES + QUOTED)
    embedded.send("grafana", content("dotted_labels"))
    embedded.settle()
    embedded.tick(minutes=2)
    embedded.send("grafana", content("dotted_labels_of_another_pod"))
    embedded.settle()
    notices = [notice for _, notice in embedded.desk.sent]
    assert [notice.link for notice in notices] == ["http://grafana.example/d/9?viewPanel=4"] * 2
    assert [notice.text.splitlines()[0] for notice in notices] == [
        "service.name basket, k8s/pod-name api-3", "service.name basket, k8s/pod-name api-4",
    ]  # fmt: skip
    assert notices[1].text.splitlines()[1] == "New in a group that you were notified about."
    assert [group.data["labels"] for group in embedded.docs("groups")] == [{"service.name": "basket"}]
    page = embedded.request("GET", "/", headers=embedded.signed_in()).text
    assert "service.name basket" in page


def test_a_title_moves_no_cursor_and_adds_no_line(embedded: Bundle) -> None:
    embedded.configure(SOURCES + "route: {channel: desk, interrupt_from: warning}\n")
    embedded.send("plain", content("escape_in_title"))
    embedded.settle()
    ((_, notice),) = embedded.desk.sent
    shown = "Queue ]0;OWNED [2J [31m full 0000 info resolved a line that nobody sent"
    assert notice.title == shown
    assert shown in embedded.request("GET", "/", headers=embedded.signed_in()).text


def test_a_chunk_whose_size_is_no_number_is_answered_400_and_not_stored(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    answer = sent(embedded.server.server_port, CHUNKED + b"zz\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert embedded.docs("events") == []


def test_every_file_is_used() -> None:
    used = Path(__file__).read_text()
    assert [path.stem for path in sorted(DATA.iterdir()) if f'"{path.stem}"' not in used] == []
