"""What observing costs: the intake with its log and spans, with its log alone, and with neither, in one run.

Spans are those of each event, or of each tenth trace, as OTEL_TRACES_SAMPLER can have it; each event has two here.

Each is the intake on functions-framework's own server with its own defaults, and each is sent the same webhooks (1 kB,
verified, durable, published). Rounds are interleaved, because machines are noisy. The collector is a stand-in in a
process of its own that reads what it is sent and answers; it and the load share the intake's cores, so ratios mean more
than absolutes. A collector on another machine takes none of them.
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
from statistics import median

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.intake import CONNECTIONS, ROUNDS, webhooks
from bench.load import Load, load
from bench.serving import Server, free_port, main_of, prepare, serve

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


@contextmanager
def collector() -> Iterator[int]:
    """The port of a collector in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.telemetry", "collector", str(port)])
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def main() -> None:
    with ExitStack() as stack:
        port = stack.enter_context(collector())
        servers = {kind: intake(stack, kind, port) for kind in KINDS}
        for number, server in enumerate(servers.values()):
            server.first_answer("GET", "/", b"")
            load(server.port, webhooks(1000 + number)[:200], CONNECTIONS)
        rounds: dict[str, list[Load]] = {kind: [] for kind in KINDS}
        for number in range(ROUNDS):
            for kind in order(number):
                rounds[kind].append(load(servers[kind].port, webhooks(number), CONNECTIONS))
        for kind, server in servers.items():
            show(kind, rounds[kind], rounds[NEITHER], server)
        time.sleep(6)  # the last batch
        print(f"collected: {told(port)}")


def intake(stack: ExitStack, kind: str, port: int) -> Server:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    named = {name: value or f"http://127.0.0.1:{port}" for name, value in KINDS[kind].items()}
    environment = {**prepare(folder), **named}
    return stack.enter_context(serve("webhook_intake", main_of("webhook_intake"), environment))


def order(number: int) -> tuple[str, ...]:
    """None is always the first, or always follows the same one."""
    kinds, first = tuple(KINDS), number % len(KINDS)
    return kinds[first:] + kinds[:first]


def show(kind: str, rounds: list[Load], plain: list[Load], server: Server) -> None:
    """The ratio is the median of the rounds' own: what disturbs a round disturbs all of it."""
    ratio = median(one.per_second / other.per_second for one, other in zip(rounds, plain, strict=True))
    speed, p50, p99 = (median(getattr(one, what) for one in rounds) for what in ("per_second", "p50_ms", "p99_ms"))
    failed = sum(one.failed for one in rounds)
    print(
        f"{kind:<12} {speed:6.0f}/s  p50 {p50:5.2f} ms  p99 {p99:5.2f} ms  {ratio:.2f} x {NEITHER}"
        f"  {server.memory_mb():3.0f} MiB  failed {failed}"
    )


def told(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


if __name__ == "__main__":
    if sys.argv[1:2] == ["collector"]:
        ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Collector).serve_forever()
    else:
        main()
