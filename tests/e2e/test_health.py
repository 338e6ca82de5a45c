"""Health over HTTP: correct, and limited in time."""

import threading
import time

import pytest

from tests.support.bundle import Bundle
from tests.support.operation_counter import CountingStore


def test_a_healthy_bundle_passes_every_check(bundle: Bundle) -> None:
    for path in ("/livez", "/readyz", "/health"):
        answer = bundle.request("GET", path)
        assert (answer.status, answer.json["status"]) == (200, "pass")
        assert answer.headers["content-type"] == "application/health+json"
    checks = bundle.request("GET", "/health").json["checks"]
    assert {"store:responseTime", "bus:responseTime", "events:quarantined", "outbox:failed"} <= set(checks)
    (memory,) = [check for name, (check,) in checks.items() if name.startswith("memory:")]
    assert memory["observedValue"] > 10


def test_a_hung_store_costs_its_timeout_and_no_more_and_is_named(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(CountingStore, "commit", lambda *_: released.wait(30))
    began = time.monotonic()
    answer = bundle.request("GET", "/health")
    released.set()
    assert time.monotonic() - began < 15  # the timeout is 2 s; the machine may be slow
    assert (answer.status, answer.json["status"]) == (503, "fail")
    (store,) = answer.json["checks"]["store:responseTime"]
    assert (store["status"], store["output"]) == ("fail", "no answer in time")
    assert [check["status"] for name, (check,) in answer.json["checks"].items() if name.startswith("memory:")] == [
        "pass"
    ]


def test_a_store_that_loses_what_is_written_fails_readiness_but_not_liveness(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CountingStore, "get", lambda *_: None)
    assert bundle.request("GET", "/readyz").status == 503
    assert bundle.request("GET", "/livez").status == 200


def test_a_backlog_that_waits_for_the_operator_is_a_warning(bundle: Bundle) -> None:
    bundle.send("app", b"not json")
    answer = bundle.request("GET", "/health")
    assert (answer.status, answer.json["status"]) == (200, "warn")
    (quarantined,) = answer.json["checks"]["events:quarantined"]
    assert (quarantined["status"], quarantined["observedValue"]) == ("warn", 1)


def test_an_exception_is_reported_by_its_type_and_not_its_text(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret-dsn://user:password@host")

    monkeypatch.setattr(CountingStore, "commit", fail)
    answer = bundle.request("GET", "/health")
    assert "password" not in answer.text
    assert answer.json["checks"]["store:responseTime"][0]["output"] == "RuntimeError"


def test_other_methods_and_addresses_are_rejected(bundle: Bundle) -> None:
    assert bundle.request("POST", "/health").status == 405
    assert bundle.request("GET", "/health/more").status == 404
