"""The HTTP surface of the intake."""

import http.client
import json
import sqlite3

import pytest

from tests.support.bundle import SECRETS, Bundle


def test_a_wrong_signature_is_refused_and_nothing_is_kept(bundle: Bundle) -> None:
    answer = bundle.send("github", {"zen": "x"}, event_type="ping", secret="wrong")
    assert (answer.status, answer.json["error"]["code"]) == (401, "unauthorized")
    assert bundle.docs("events") == []


def test_the_old_secret_is_good_while_it_is_declared(bundle: Bundle) -> None:
    assert bundle.send("github", {"zen": "x"}, event_type="ping", secret="old").status == 202


def test_an_unknown_source_is_not_found_and_says_what_to_do(bundle: Bundle) -> None:
    answer = bundle.request("POST", "/webhooks/unheard-of", b"{}")
    assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")
    assert "opos.yaml" in answer.json["error"]["hint"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_not_allowed(bundle: Bundle, method: str) -> None:
    assert bundle.request(method, "/webhooks/github").status == 405


def test_a_body_over_the_limit_is_too_large_and_the_server_goes_on(bundle: Bundle) -> None:
    assert bundle.request("POST", "/webhooks/github", b"x" * (1024 * 1024 + 1)).status == 413
    assert bundle.send("github", {"zen": "x"}, event_type="ping").status == 202


def test_a_chunked_body_over_the_limit_is_too_large(bundle: Bundle) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", bundle.server.server_port, timeout=60)
    try:
        connection.request("POST", "/webhooks/github", (b"x" * 65536 for _ in range(20)), encode_chunked=True,
                           headers={"transfer-encoding": "chunked"})  # fmt: skip
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # The answer came while we were still sending.
    finally:
        connection.close()


def test_a_body_at_the_limit_is_kept(bundle: Bundle) -> None:
    body = json.dumps({"pad": "x" * (1024 * 1024 - 11)}).encode()
    assert len(body) == 1024 * 1024
    assert bundle.send("github", body, event_type="ping").status == 202


def test_slack_is_answered_with_its_challenge(bundle: Bundle) -> None:
    answer = bundle.send("slack", {"type": "url_verification", "challenge": "3eZbrw"})
    assert (answer.status, answer.json) == (200, {"challenge": "3eZbrw"})
    assert bundle.docs("events") == []


def test_the_same_event_under_another_source_is_another_event(bundle: Bundle) -> None:
    one = bundle.send("stripe", {"id": "same", "type": "x", "data": {"object": {}}})
    other = bundle.send("app", {"type": "x", "data": {"title": "t"}}, delivery="same")
    assert (one.status, other.status) == (202, 202)
    assert one.json["id"] != other.json["id"]


def test_a_replayed_body_under_a_new_id_is_kept_and_its_twin_can_be_seen(bundle: Bundle) -> None:
    for delivery in ("d1", "d2"):
        assert bundle.send("github", {"zen": "x"}, event_type="ping", delivery=delivery).status == 202
    first, second = (event.data["body_sha256"] for event in bundle.docs("events"))
    assert first == second


def test_equal_bodies_within_the_declared_window_are_one_delivery_even_across_its_edge(bundle: Bundle) -> None:
    assert bundle.send("lemon", {"order": 1}).status == 202
    bundle.clock.advance(minutes=9, seconds=59)
    assert bundle.send("lemon", {"order": 1}).status == 200
    assert bundle.send("lemon", {"order": 2}).status == 202
    bundle.clock.advance(seconds=1)
    assert bundle.send("lemon", {"order": 1}).status == 202


def test_when_it_cannot_be_kept_the_answer_is_503_with_retry_after(embedded: Bundle) -> None:
    embedded.send("github", {"zen": "x"}, event_type="ping")
    blocker = sqlite3.connect(embedded.folder / "opos.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    answer = embedded.send("github", {"zen": "x"}, event_type="ping", delivery="d2")
    assert (answer.status, answer.json["error"]["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    blocker.execute("ROLLBACK")
    blocker.close()
    assert embedded.send("github", {"zen": "x"}, event_type="ping", delivery="d2").status == 202


def enqueue(bundle: Bundle, **fields: object) -> tuple[int, dict[str, object]]:
    body = {"routing_key": SECRETS["ROUTING_KEY"], "event_action": "trigger", **fields}
    answer = bundle.request("POST", "/webhooks/v2/enqueue", json.dumps(body).encode())
    return answer.status, answer.json


PAYLOAD = {"summary": "Disk full", "source": "db-1", "severity": "critical"}


def test_pagerdutys_events_trigger_acknowledge_and_resolve_one_alert(bundle: Bundle) -> None:
    for action, state in (("trigger", "firing"), ("acknowledge", "acknowledged"), ("resolve", "resolved")):
        status, answer = enqueue(bundle, event_action=action, dedup_key="disk", payload=PAYLOAD)
        assert (status, answer) == (202, {"status": "success", "message": "Event processed", "dedup_key": "disk"})
        bundle.settle()
        (alert,) = bundle.docs("alerts")
        assert alert.data["state"] == state
        bundle.clock.advance(seconds=1)
    assert bundle.pages() == ["Disk full"]


def test_an_event_without_a_dedup_key_is_given_one_that_resolves_it(bundle: Bundle) -> None:
    _, answer = enqueue(bundle, payload=PAYLOAD)
    enqueue(bundle, event_action="resolve", dedup_key=answer["dedup_key"])
    bundle.settle()
    assert [alert.data["state"] for alert in bundle.docs("alerts")] == ["resolved"]


def test_a_pagerduty_event_that_breaks_its_contract_is_kept_in_quarantine(bundle: Bundle) -> None:
    status, _ = enqueue(bundle, payload={"summary": "no source"})
    assert status == 202
    assert "payload.severity" in bundle.docs("events")[0].data["quarantine"]


def test_what_is_no_json_is_refused_in_pagerdutys_words(bundle: Bundle) -> None:
    answer = bundle.request("POST", "/webhooks/v2/enqueue", b"not json")
    assert (answer.status, answer.json["status"]) == (400, "invalid event")
    assert answer.json["errors"]


def test_a_wrong_routing_key_is_refused(bundle: Bundle) -> None:
    status, _ = enqueue(bundle, routing_key="wrong", payload=PAYLOAD)
    assert status == 401
    assert bundle.docs("events") == []


def test_a_heartbeat_ping_is_written_down(bundle: Bundle) -> None:
    for method in ("GET", "POST"):
        assert bundle.request(method, "/webhooks/ping/backup").json == {"id": "backup", "status": "ok"}
    assert bundle.doc("heartbeats/backup")["last_seen"] == "2026-11-20T09:00:00.000000Z"
    assert bundle.request("GET", "/webhooks/ping/unknown").status == 404


def test_a_heartbeat_with_a_secret_wants_it(bundle: Bundle) -> None:
    assert bundle.request("GET", "/webhooks/ping/vault").status == 401
    assert bundle.request("GET", "/webhooks/ping/vault?token=wrong").status == 401
    for header in ("Bearer", "Bearer vault-token\xa0", "Bearer  vault-token", "vault-token", "Basic vault-token"):
        assert bundle.request("GET", "/webhooks/ping/vault", headers={"authorization": header}).status == 401
    assert bundle.request("GET", "/webhooks/ping/vault?token=vault-token").status == 200
    assert bundle.request("POST", "/webhooks/ping/vault", b"", {"authorization": "Bearer vault-token"}).status == 200
