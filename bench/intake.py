"""Intake (verified, durable, published, 1 kB) beside a bare functions-framework function, in one run.

Both on functions-framework's own server with its own defaults. Rounds are interleaved, because machines are noisy. The
load comes from the same two cores, so ratios mean more than absolutes.
"""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.load import Load, http_request, load
from bench.serving import SECRET, Server, main_of, prepare, serve
from shared.sources import standard_webhooks

ROUNDS, REQUESTS, CONNECTIONS = 5, 2000, 16


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = prepare(Path(folder))
        with (
            serve("hello", Path(__file__).with_name("hello.py"), environment) as hello,
            serve("webhook_intake", main_of("webhook_intake"), environment) as intake,
        ):
            hello.first_answer("GET", "/", b"")
            intake.first_answer("GET", "/", b"")
            compare(hello, intake)


def compare(hello: Server, intake: Server) -> None:
    plain = [http_request("GET", "/")] * REQUESTS
    hellos: list[Load] = []
    intakes: list[Load] = []
    for number in range(ROUNDS):
        hellos.append(load(hello.port, plain, CONNECTIONS))
        intakes.append(load(intake.port, webhooks(number), CONNECTIONS))
    ratio = show("intake", intakes, intake) / show("hello", hellos, hello)
    print(f"intake / hello = {ratio:.2f}  ({ROUNDS} interleaved rounds of {REQUESTS} at {CONNECTIONS} connections)")


def show(name: str, rounds: list[Load], server: Server) -> float:
    """Prints the medians over the rounds; returns requests a second."""
    speed, p50, p99 = (median(getattr(one, what) for one in rounds) for what in ("per_second", "p50_ms", "p99_ms"))
    failed = sum(one.failed for one in rounds)
    print(
        f"{name:<7} {speed:6.0f}/s  p50 {p50:.2f} ms  p99 {p99:.2f} ms  failed {failed}  {server.memory_mb():.0f} MiB"
    )
    return float(speed)


def webhooks(number: int) -> list[bytes]:
    return [_webhook(f"{number}-{n}") for n in range(REQUESTS)]


def _webhook(id: str) -> bytes:
    data = {"title": f"Trouble {id}", "severity": "warning", "id": id, "pad": "x" * 900}
    body = json.dumps({"type": "trouble", "data": data}).encode()
    signed = standard_webhooks.SCHEME.sign(body, SECRET, now=datetime.now(UTC), delivery=id, event_type="")
    return http_request("POST", "/webhooks/app", body, {"content-type": "application/json", **signed})


if __name__ == "__main__":
    main()
