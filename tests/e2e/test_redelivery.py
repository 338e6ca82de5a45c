"""Senders whose deliveries have no id: the same words are one delivery only if they are sent again, not said again."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.cost import COSTS, RECOGNISED
from tests.support.bundle import Answer, Bundle

SOURCES = """
sources:
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  grafana: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  google: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN], format: google-monitoring}
  uptimerobot: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  signed: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, format: grafana}
  hashed: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN], delivery: {hash: body, window: 10m},
    alert: {title: t, severity: critical, status: status, fingerprint: t}}
route: {channel: desk, failure_threshold: 3, interrupt_from: warning}
"""


@pytest.fixture
def bundle(bundle: Bundle) -> Bundle:
    bundle.configure(SOURCES)
    return bundle


@pytest.fixture
def embedded(embedded: Bundle) -> Bundle:
    embedded.configure(SOURCES)
    return embedded


def group(status: str, severity: str = "critical", *names: str) -> Any:
    """A webhook of Alertmanager whose alerts keep their start, as after a gap in what Prometheus sends."""
    alerts = [
        {
            "status": status, "fingerprint": name, "startsAt": "2026-11-20T08:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z", "labels": {"alertname": name, "severity": severity},
        }
        for name in names or ("DiskFull",)
    ]  # fmt: skip
    return {"version": "4", "groupKey": '{}:{alertname="DiskFull"}', "status": status, "alerts": alerts}


def incident(state: str) -> Any:
    return {"incident": {"incident_id": "0.a", "state": state, "severity": "critical", "policy_name": "Latency"}}


def monitor(alert_type: int) -> Any:
    return {"monitorID": 7, "monitorFriendlyName": "Shop", "alertType": alert_type}


SAID = {
    "alertmanager": (group("firing"), group("resolved")),
    "grafana": (group("firing"), group("resolved")),
    "google": (incident("open"), incident("closed")),
    "uptimerobot": (monitor(1), monitor(2)),
    "hashed": ({"t": "Disk", "status": "firing"}, {"t": "Disk", "status": "resolved"}),
}


def senders(bundle: Bundle) -> list[str]:
    """All of them; on Firestore's emulator, which is slow, Alertmanager alone."""
    return ["alertmanager"] if bundle.firestore else list(SAID)


def state(bundle: Bundle, source: str) -> tuple[str, int]:
    (alert,) = (alert.data for alert in bundle.docs("alerts") if alert.data["source"] == source)
    return alert["state"], alert["episode"]


def said(bundle: Bundle, source: str, payload: Any, *, settled: bool = True) -> Answer:
    answer = bundle.send(source, payload)
    if settled:
        bundle.settle()
    bundle.clock.advance(seconds=5)
    return answer


def test_the_same_words_fire_again_after_a_resolve(bundle: Bundle) -> None:
    for source in senders(bundle):
        firing, resolved = SAID[source]
        for payload in (firing, resolved, firing):
            assert said(bundle, source, payload).status == 202
        assert state(bundle, source) == ("firing", 2)
        assert said(bundle, source, firing).json["status"] == "duplicate"
        assert said(bundle, source, resolved).status == 202
        assert state(bundle, source) == ("resolved", 2)


def test_the_same_words_fire_again_while_the_router_has_yet_to_process_the_resolve(embedded: Bundle) -> None:
    for source, (firing, resolved) in SAID.items():
        for payload in (firing, resolved, firing):
            assert said(embedded, source, payload, settled=False).status == 202
    embedded.settle()
    assert {source: state(embedded, source) for source in SAID} == dict.fromkeys(SAID, ("firing", 2))


def tap_resolve(bundle: Bundle) -> None:
    path = urlsplit(bundle.desk.sent[-1][1].ack_url).path
    assert bundle.request("POST", f"{path}/resolve", b"").status == 200


def test_what_still_fires_after_a_mistaken_tap_on_resolve_notifies_again(bundle: Bundle) -> None:
    for source in senders(bundle):
        firing, _ = SAID[source]
        said(bundle, source, firing)
        tap_resolve(bundle)
        assert state(bundle, source) == ("resolved", 1)
        assert said(bundle, source, firing).status == 202
        assert state(bundle, source) == ("firing", 2)
    bundle.tick(minutes=5)
    assert len(bundle.pages()) == 2 * len(senders(bundle))


def test_a_delivery_that_is_sent_again_is_a_duplicate_and_counts_once(bundle: Bundle) -> None:
    firing, _ = SAID["alertmanager"]
    first = said(bundle, "alertmanager", firing, settled=False).json["id"]
    assert said(bundle, "alertmanager", firing).json == {"id": first, "status": "duplicate"}
    assert said(bundle, "alertmanager", firing).json == {"id": first, "status": "duplicate"}
    assert [doc.data["count"] for doc in bundle.docs("alerts")] == [1]
    bundle.clock.advance(minutes=1)
    assert said(bundle, "alertmanager", firing).status == 202
    assert [doc.data["count"] for doc in bundle.docs("alerts")] == [2]


def test_repeats_reach_the_failure_threshold(embedded: Bundle) -> None:
    pages = []
    for _ in range(3):
        assert said(embedded, "alertmanager", group("firing", "warning")).status == 202
        pages.append(len(embedded.pages()))
        embedded.clock.advance(minutes=5)
    assert pages == [0, 0, 1]


def test_the_same_words_are_new_after_others_about_the_group_and_after_the_clock_was_set_back(embedded: Bundle) -> None:
    for names in (("A",), ("A", "B"), ("A",)):
        assert said(embedded, "alertmanager", group("firing", "critical", *names), settled=False).status == 202
    firing, _ = SAID["hashed"]
    said(embedded, "hashed", firing)
    embedded.clock.moment -= timedelta(hours=3)
    assert said(embedded, "hashed", firing).status == 202


def captured(bundle: Bundle, payload: Any) -> Answer:
    """The same bytes with the same signature, whoever sends them."""
    answer = said(bundle, "signed", json.dumps(payload).encode())
    bundle.clock.advance(minutes=10)
    return answer


def test_a_captured_body_of_a_sender_that_signs_ends_nothing(bundle: Bundle) -> None:
    """The same words may be said again, so a captured firing may notify; only the sender's next resolve ends it."""
    firing, resolved = SAID["grafana"]
    for payload in (firing, resolved, firing):
        assert captured(bundle, payload).status == 202
    assert state(bundle, "signed") == ("firing", 2)
    answer = captured(bundle, resolved)
    assert (answer.status, state(bundle, "signed")) == (202, ("firing", 2))
    assert bundle.doc(f"events/{answer.json['id']}")["repeats"]
    (alert,) = resolved["alerts"]
    next_resolve = {**resolved, "alerts": [{**alert, "endsAt": "2026-11-20T09:30:00Z"}]}
    assert captured(bundle, next_resolve).status == 202
    assert state(bundle, "signed") == ("resolved", 2)


def test_to_know_a_delivery_by_its_body_costs_one_write(bundle: Bundle) -> None:
    before = Counter(bundle.store.billed)
    said(bundle, "alertmanager", group("firing"))
    assert bundle.store.billed - before == COSTS["critical"] + RECOGNISED
    before = Counter(bundle.store.billed)
    assert said(bundle, "alertmanager", group("firing")).status == 200
    assert bundle.store.billed - before == Counter(reads=3)  # the claim, the event and its alert
