"""The health function over fakes: what it measures and reports, and how long a hung dependency may delay it."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from functions.health.handler import handle
from shared.config.health import Health
from shared.config.model import Config
from shared.errors import DeliveryError, NotFound
from shared.flags import Evaluation
from shared.health.report import Result, report
from shared.ports import Create, Write
from shared.process import facts as process
from shared.services.flags.overrides import override
from shared.services.flags.usage import Usage
from shared.values.http import HttpRequest, HttpResponse
from tests.support.fakes import FakeBus, FakeContext, FakeStore, RecordingChannel

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TIMEOUT = timedelta(milliseconds=50)


@dataclass
class HangingStore(FakeStore):
    """Answers nothing until it is `released`."""

    released: threading.Event = field(default_factory=threading.Event)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        self.released.wait(10)
        return super().commit(writes)

    def count(self, collection: str, *, where: Any = ()) -> int:
        self.released.wait(10)
        return super().count(collection, where=where)


@dataclass
class LeakyBus(FakeBus):
    """Fails with a secret in the text of its exception."""

    def ping(self) -> None:
        raise ConnectionError("amqp://opos:hunter2@10.0.0.7 refused")


class ForgetfulStore(FakeStore):
    def get(self, path: str) -> None:  # type: ignore[override]  # noqa: ARG002
        return None


@pytest.fixture
def hanging() -> Iterator[HangingStore]:
    store = HangingStore()
    yield store
    store.released.set()


def with_health(**settings: Any) -> Config:
    return FakeContext().config.model_copy(update={"health": Health(**settings)})


def ask(context: FakeContext, path: str = "/health", method: str = "GET") -> HttpResponse:
    return handle(HttpRequest(method, path), context)


def reported(context: FakeContext, path: str = "/health") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(ask(context, path).body)
    return content


def check(context: FakeContext, name: str) -> dict[str, Any]:
    (result,) = reported(context)["checks"][name]
    return dict(result)


def test_livez_asks_no_dependency(context: FakeContext) -> None:
    context.store.down = context.bus.down = True
    answer = ask(context, "/livez")
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "pass"})
    assert answer.headers["content-type"] == "application/health+json"


def test_a_healthy_bundle_passes_and_shows_each_check_in_the_shape_of_the_draft(context: FakeContext) -> None:
    answer = ask(context)
    content = json.loads(answer.body)
    assert (answer.status, content["status"]) == (200, "pass")
    assert answer.headers["content-type"] == "application/health+json"
    assert content["version"] == process.version()
    assert set(content["checks"]) == {
        "store:responseTime", "store:exposedFiles", "bus:responseTime", "sweeper:lastRun", "events:oldestUnhandled", "outbox:oldestUnsent",
        "digests:oldestUnsent", "leases:expired", "digests:late", "events:quarantined", "messages:dead", "outbox:failed",
        "outbox:parked", "digests:failed", "digests:parked", "heartbeats:missed", "flags:unreadable", "flags:overridden", "flags:oldestOverride",
        "secrets:due", "secrets:malformed", "webhooks:rejected", "slo:webhook_to_effect", "slo:event_handled", "slo:page_delivered", "slo:flag_lookup",
        "company:broken", "memory:utilization", "uptime", "channel:desk", "channel:inbox",
    }  # fmt: skip
    (store,) = content["checks"]["store:responseTime"]
    assert store.pop("observedValue") >= 0
    assert store == {
        "componentType": "datastore", "observedUnit": "ms", "status": "pass", "threshold": 500.0,
        "time": "2026-11-20T09:00:00.000000Z",
    }  # fmt: skip


def test_the_store_is_asked_with_a_real_write_that_leaves_one_document_however_often(context: FakeContext) -> None:
    for _ in range(3):
        ask(context, "/readyz")
    assert len(context.store.commits) == 3
    assert [path.rpartition("-")[0] for path in context.store.docs] == ["probes/health"]


@pytest.mark.parametrize("path", ["/readyz", "/health"])
def test_a_store_that_is_down_fails_and_is_named(context: FakeContext, path: str) -> None:
    context.store.down = True
    answer = ask(context, path)
    checks = json.loads(answer.body)["checks"]
    assert (answer.status, json.loads(answer.body)["status"]) == (503, "fail")
    assert (checks["store:responseTime"][0]["status"], checks["bus:responseTime"][0]["status"]) == ("fail", "pass")
    assert checks["store:responseTime"][0]["output"] == "unavailable"


def test_a_bus_that_is_down_fails_and_is_named(context: FakeContext) -> None:
    context.bus.down = True
    assert ask(context, "/readyz").status == 503
    assert check(context, "bus:responseTime")["output"] == "unavailable"


def test_a_store_that_forgets_what_was_written_fails(context: FakeContext) -> None:
    context.store = ForgetfulStore()
    assert check(context, "store:responseTime")["status"] == "fail"


def test_a_hung_store_costs_its_timeout_and_is_named(context: FakeContext, hanging: HangingStore) -> None:
    context.store, context.config = hanging, with_health(dependency_timeout=TIMEOUT)
    began = time.monotonic()
    answer = ask(context)
    took = time.monotonic() - began
    checks = json.loads(answer.body)["checks"]
    assert TIMEOUT.total_seconds() <= took < 1
    assert answer.status == 503
    assert checks["store:responseTime"][0]["output"] == "no answer in time"
    assert checks["attention:responseTime"][0]["output"] == "no answer in time"
    assert checks["bus:responseTime"][0]["status"] == "pass"


def test_a_store_that_hangs_permanently_does_not_collect_threads(context: FakeContext, hanging: HangingStore) -> None:
    context.store, context.config = hanging, with_health(dependency_timeout=timedelta(milliseconds=1))
    before = threading.active_count()
    for _ in range(60):
        ask(context, "/readyz")
    assert threading.active_count() - before <= 32
    assert ask(context, "/readyz").status == 503


def test_what_a_dependency_raises_is_named_by_its_class_only(context: FakeContext) -> None:
    context.bus = LeakyBus()
    answer = ask(context)
    assert check(context, "bus:responseTime")["output"] == "ConnectionError"
    assert b"hunter2" not in answer.body
    assert b"10.0.0.7" not in answer.body


@pytest.mark.parametrize(
    ("path", "data", "name"),
    [
        ("events/e1", {"quarantine": "expected a JSON body"}, "events:quarantined"),
        ("dead_letters/d1", {"received_at": "2026-11-20T08:00:00.000000Z"}, "messages:dead"),
        ("outbox/o1", {"state": "failed"}, "outbox:failed"),
        ("outbox/o2", {"state": "parked"}, "outbox:parked"),
        ("digests/d2", {"state": "failed"}, "digests:failed"),
        ("digests/d3", {"state": "parked"}, "digests:parked"),
    ],
)
def test_a_backlog_that_waits_for_the_operator_warns_and_is_counted(
    context: FakeContext, path: str, data: dict[str, Any], name: str
) -> None:
    context.store.commit([Create(path, data)])
    result = check(context, name)
    assert (result["status"], result["observedValue"]) == ("warn", 1)
    assert reported(context)["status"] == "warn"
    assert ask(context).status == 200
    assert reported(context, "/readyz")["status"] == "pass"


def test_handled_events_and_sent_messages_do_not_warn(context: FakeContext) -> None:
    context.store.commit([Create("events/e1", {"quarantine": None}), Create("outbox/o1", {"state": "sent"})])
    assert reported(context)["status"] == "pass"


def test_memory_at_its_threshold_warns_and_is_no_failure(context: FakeContext) -> None:
    context.config = with_health(memory_threshold_mb=1)
    result = check(context, "memory:utilization")
    assert (result["status"], result["output"]) == ("warn", "over the threshold of 1 MiB")
    assert ask(context).status == 200


def test_memory_is_what_this_process_uses() -> None:
    assert 5 < process.memory_mb() < 10_000


def test_memory_is_the_highest_so_far_if_the_system_does_not_report_the_current_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(process, "_STATUS", tmp_path / "missing")
    assert 5 < process.memory_mb() < 10_000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_head_are_answered(context: FakeContext, method: str) -> None:
    answer = ask(context, "/health", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert context.store.commits == []


def test_head_is_answered_as_get(context: FakeContext) -> None:
    assert ask(context, "/readyz", "HEAD").status == 200


def test_an_unknown_path_is_not_found(context: FakeContext) -> None:
    with pytest.raises(NotFound):
        ask(context, "/healthy")


def test_a_report_is_as_healthy_as_its_worst_result() -> None:
    results = [Result(f"{status}:count", "component", status, 1, "items") for status in ("warn", "fail", "pass")]  # type: ignore[arg-type]
    assert report(results, version="1", now=NOW)["status"] == "fail"
    assert report(results[:1], version="1", now=NOW)["status"] == "warn"
    assert report([], version="1", now=NOW) == {"status": "pass", "version": "1", "checks": {}}


def test_a_result_that_passes_says_nothing() -> None:
    content = report([Result("uptime", "system", "pass", 3.0, "s")], version="1", now=NOW)
    assert "output" not in content["checks"]["uptime"][0]


def samples(context: FakeContext, accept: str = "application/openmetrics-text") -> dict[tuple[str, ...], float]:
    answer = handle(HttpRequest("GET", "/metrics", {"accept": accept}), context)
    families = openmetrics(answer.body.decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_metrics_have_every_check_and_the_evaluations_of_each_flag(context: FakeContext) -> None:
    usage = Usage(lambda: context.store, "i1")
    usage.saw([Evaluation("checkout", value=True, reason="STATIC", variant="on")] * 3, context.now)
    usage.report(context.now)
    context.bus.down = True
    result = samples(context)
    assert result["opos_check_status", "bus:responseTime"] == 2
    assert result["opos_check_status", "store:responseTime"] == 0
    assert result["opos_check_value", "uptime", "s"] == 1.0
    assert result["opos_flag_evaluations_total", "checkout", "i1", "STATIC", "on"] == 3


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"),
        ("", "text/plain; version=0.0.4; charset=utf-8"), ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)  # fmt: skip
def test_a_scraper_gets_the_format_that_it_asks_for(context: FakeContext, accept: str, expected: str) -> None:
    answer = handle(HttpRequest("GET", "/metrics", {"accept": accept}), context)
    assert (answer.status, answer.headers["content-type"]) == (200, expected)


def test_metrics_are_answered_while_the_store_is_away(context: FakeContext) -> None:
    context.store.down = True
    assert samples(context)["opos_check_status", "store:responseTime"] == 2


def test_an_override_is_shown_and_is_no_warning(context: FakeContext) -> None:
    override("a", "off", context.store, who="me", why="x", until=NOW + timedelta(hours=1), now=NOW)
    assert (check(context, "flags:overridden")["observedValue"], reported(context)["status"]) == (1, "pass")


def test_the_report_says_what_was_deployed(context: FakeContext) -> None:
    assert "releaseId" not in reported(context)
    context.release = "opos-00042-abc"
    assert reported(context)["releaseId"] == "opos-00042-abc"


def test_however_often_the_report_is_read_a_channel_is_checked_once_in_ten_seconds(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Refusing(RecordingChannel):
        def reach(self) -> bool:
            asked.append("desk")
            raise DeliveryError("unreachable")

    context.config = with_health(memory_threshold_mb=4096)
    context.channels["desk"] = Refusing()
    for _ in range(5):
        assert check(context, "channel:desk")["output"] == "unreachable"
    assert len(asked) == 1
    monkeypatch.setattr("shared.services.health.checks.external.FRESH", -1.0)
    assert check(context, "channel:desk")["failure"] == "channel-unreachable"
    assert len(asked) == 2


def test_a_check_that_does_not_pass_leads_to_its_runbook(context: FakeContext) -> None:
    context.config = with_health(runbooks="https://github.example/docs/runbooks/")
    context.bus.down = True
    result = check(context, "bus:responseTime")
    assert result["links"] == {"runbook": "https://github.example/docs/runbooks/bus-unreachable.md"}
