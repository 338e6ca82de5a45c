"""Spans reach a collector over OTLP/HTTP: a stand-in that decodes what it is sent."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.serving import Server, main_of, prepare, serve, serve_bundle
from shared.ports import Condition
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.e2e.test_commands import opos
from tests.e2e.test_emulated import up
from tests.support import requirements as needs
from tests.support.http_server import Quiet, served
from tests.torture.senders import Delivery, post, signed, trouble, until

pytestmark = pytest.mark.slow

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOGLE = "logging.googleapis.com"


@dataclass(frozen=True)
class Received:
    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]


@dataclass
class Collector:
    port: int = 0
    spans: list[Received] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of(self, trace: str) -> dict[str, Received]:
        return {span.name: span for span in self.spans if span.trace == trace}


def received(request: ExportTraceServiceRequest) -> Iterator[Received]:
    for resource in request.resource_spans:
        service = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            told = {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}
            kind = Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_")
            yield Received(
                service, span.name, kind, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), told
            )


@contextmanager
def collecting(answer: int = 200) -> Iterator[Collector]:
    found = Collector()

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            if self.path == "/v1/traces":
                found.spans += received(ExportTraceServiceRequest.FromString(body))
            self.answer(answer)

    with served(Handler) as found.port:
        yield found


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


def settings(endpoint: str, **more: str) -> dict[str, str]:
    """No batch is sent for a long time, unless *more* says otherwise."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "600000", **more}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in text.splitlines() if one.startswith("{")]


@needs.emulators
def test_one_id_joins_the_spans_the_logs_and_the_event_log_of_functions_in_processes_of_their_own(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings(collector.endpoint, OTEL_BSP_SCHEDULE_DELAY="100").items():
        monkeypatch.setenv(name, value)
    data = {"id": "disk", "title": "Disk full", "severity": "critical"}
    webhook = Delivery("d1", json.dumps({"type": "trouble", "data": data}).encode())
    with up(tmp_path) as (_, port):
        status, answer = post(port, webhook.body, {**signed(webhook), "traceparent": f"00-{TRACE}-{SPAN}-01"})
        assert status == 202
        event = json.loads(answer)["id"]
        wanted = {"webhook_intake", "send events", "process events", "send desk"}
        until(lambda: wanted <= set(collector.of(TRACE)), seconds=60, what=f"{wanted}")
        place = ["--data", str(tmp_path), "--backend", "emulators"]
        told = json.loads(opos("trace", event, "--json", *place, folder=tmp_path).stdout)
    spans = collector.of(TRACE)
    intake, sent, router, page = (
        spans[name] for name in ("webhook_intake", "send events", "process events", "send desk")
    )
    assert [span.parent for span in (intake, sent, router, page)] == [SPAN, intake.id, sent.id, router.id]
    assert [span.kind for span in (intake, sent, router, page)] == ["SERVER", "PRODUCER", "CONSUMER", "CLIENT"]
    assert [span.service for span in (intake, sent, router, page)] == ["webhook_intake"] * 2 + ["alert_router"] * 2
    assert router.attributes["opos.event.id"] == event == told["event"]["id"]
    assert told["event"]["trace"] == TRACE
    name = f"projects/demo-opos/traces/{TRACE}"
    logged = {
        line["message"]: line
        for line in lines((tmp_path / "out").read_text())
        if line.get(f"{GOOGLE}/trace") == name  # a busy machine also has alerts of its own
    }
    for message, span in (("accepted", intake), ("routed", router), ("delivery", router)):
        assert logged[message][f"{GOOGLE}/spanId"] == span.id
        assert logged[message][f"{GOOGLE}/labels"]["function"] == span.service


@contextmanager
def intake(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """The intake as it is deployed, ended as a platform ends an instance."""
    with serve("webhook_intake", main_of("webhook_intake"), {**prepare(folder), **environment}) as server:
        server.first_answer("GET", "/", b"")
        yield server


def test_what_waits_is_sent_when_the_process_ends(tmp_path: Path, collector: Collector) -> None:
    with intake(tmp_path, settings(collector.endpoint)) as server:
        webhook = trouble(1, 1, "warning")
        assert post(server.port, webhook.body, {**signed(webhook), "traceparent": f"00-{TRACE}-{SPAN}-01"})[0] == 202
        assert collector.spans == []
    assert set(collector.of(TRACE)) == {"webhook_intake", "send events"}


def test_in_one_process_each_function_is_a_service_of_its_own(tmp_path: Path, collector: Collector) -> None:
    environment = {**prepare(tmp_path), **settings(collector.endpoint)}
    with serve_bundle(tmp_path / "data", environment) as server:
        server.first_answer("GET", "/livez", b"")
        webhook = trouble(1, 1, "warning")
        assert post(server.port, webhook.body, {**signed(webhook), "traceparent": f"00-{TRACE}-{SPAN}-01"})[0] == 202
        observer = Runtime(Settings.from_environment({"OPOS_STORE": f"sqlite:///{tmp_path}/data/opos.db"}))
        handled: Condition = ("state", "==", "handled")
        until(lambda: observer.store.count("events", where=[handled]), seconds=60, what="the router")
        observer.close()
    spans = collector.of(TRACE)
    assert {name: span.service for name, span in spans.items() if span.kind != "CLIENT"} == {
        "webhook_intake": "webhook_intake", "send events": "webhook_intake", "process events": "alert_router",
    }  # fmt: skip
    assert spans["process events"].parent == spans["send events"].id


def test_the_settings_that_every_exporter_knows_are_those_of_this_one(tmp_path: Path, collector: Collector) -> None:
    named = {"OTEL_SERVICE_NAME": "my-company", "OTEL_EXPORTER_OTLP_HEADERS": "x-token=abc"}
    with intake(tmp_path, settings(collector.endpoint, **named)):
        pass
    assert {span.service for span in collector.spans} == {"my-company"}
    assert {one["x-token"] for one in collector.headers} == {"abc"}


@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "does not answer"])
def test_without_an_answer_from_the_collector_everything_is_served_and_ends_in_time(
    tmp_path: Path, *, hangs: bool
) -> None:
    with listening(hangs=hangs) as endpoint:
        environment = settings(endpoint, OTEL_BSP_SCHEDULE_DELAY="10", OTEL_EXPORTER_OTLP_TIMEOUT="2")
        with intake(tmp_path, environment) as server:
            webhook = trouble(1, 1, "warning")
            assert post(server.port, webhook.body, signed(webhook))[0] == 202
            began = time.monotonic()
    assert time.monotonic() - began < 15


@contextmanager
def listening(*, hangs: bool) -> Iterator[str]:
    """The address of who refuses connections, or takes them and says nothing."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if hangs:
            nobody.listen()
        yield f"http://user:hunter2@127.0.0.1:{nobody.getsockname()[1]}"
