"""What observing costs: the intake with its log and spans, with its log alone, and with neither, in one run.

Spans are those of each event, or of each tenth trace, as OTEL_TRACES_SAMPLER can have it; each event has two here.
Each is the intake on functions-framework's own server with its own defaults, and each is sent the same webhooks (1 kB,
verified, durable, published).

Not fair: the collector is a stand-in in a process of its own that reads what it is sent and answers; it and the load
share the intake's cores, so ratios mean more than absolutes. A collector on another machine takes none of them.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.intake import CONNECTIONS, REQUESTS, ROUNDS, webhooks
from bench.load import load
from bench.result import Result, Table
from bench.serving import ROOT, Server, main_of, prepare, serve
from opos.bundle.ports import free_port

SPEED, P99 = "requests/s", "p99 ms"
LAST_BATCH = 6
"""Seconds after which the last spans were sent: the exporter sends each five."""
NEITHER = "neither"
TENTH = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}
KINDS: dict[str, dict[str, str]] = {
    NEITHER: {"OPOS_LOG_LEVEL": "critical"},
    "log": {},
    "log, spans": {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    "log, 1 in 10": {"OTEL_EXPORTER_OTLP_ENDPOINT": "", **TENTH},
}
"""The environment of each. Where an endpoint is named, it is the collector's."""


class Collector(BaseHTTPRequestHandler):
    """Counts the spans that it is sent, and tells on GET."""

    protocol_version = "HTTP/1.1"
    spans = batches = 0

    def do_POST(self) -> None:
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        count = sum(len(scope.spans) for resource in sent.resource_spans for scope in resource.scope_spans)
        Collector.spans, Collector.batches = Collector.spans + count, Collector.batches + 1
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(f"{Collector.spans} spans in {Collector.batches} batches".encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is written between the rounds."""


def collect(port: int) -> None:
    ThreadingHTTPServer(("127.0.0.1", port), Collector).serve_forever()


@contextmanager
def collector() -> Iterator[int]:
    """The port of a collector in a process of its own."""
    port = free_port()
    command = [sys.executable, "-c", f"from bench.telemetry import collect; collect({port})"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def measure(*, quick: bool) -> Result:
    count = REQUESTS // 20 if quick else REQUESTS
    with ExitStack() as stack:
        port = stack.enter_context(collector())
        servers = {kind: intake(stack, kind, port) for kind in KINDS}
        for server in servers.values():
            server.first_answer("GET", "/", b"")
            load(server.port, webhooks("warm", min(count, 200)), CONNECTIONS)
        found = rounds(servers, 2 if quick else ROUNDS, count)
        time.sleep(0 if quick else LAST_BATCH)
        notes = [f"collected: {told(port)}"]
    return Result([Table("intake with", found, ((SPEED, NEITHER), (P99, NEITHER)))], notes=notes)


def intake(stack: ExitStack, kind: str, port: int) -> Server:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    named = {name: value or f"http://127.0.0.1:{port}" for name, value in KINDS[kind].items()}
    environment = {**prepare(folder), **named}
    return stack.enter_context(serve("webhook_intake", main_of("webhook_intake"), environment))


def rounds(servers: dict[str, Server], count: int, requests: int) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {kind: {} for kind in servers}
    for number in range(count):
        for kind in order(number):
            done = load(servers[kind].port, webhooks(number, requests), CONNECTIONS)
            measured = {SPEED: done.per_second, "p50 ms": done.p50_ms, P99: done.p99_ms, "failed": done.failed}
            for measure_, value in measured.items():
                found[kind].setdefault(measure_, []).append(value)
    for kind, server in servers.items():
        found[kind]["MiB"] = [server.memory_mb()]
    return found


def order(number: int) -> tuple[str, ...]:
    """None is always the first, or always follows the same one."""
    kinds, first = tuple(KINDS), number % len(KINDS)
    return kinds[first:] + kinds[:first]


def told(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    return connection.getresponse().read().decode()
