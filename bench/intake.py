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
from bench.serving import SECRET, main_of, prepare, serve
from shared.sources import standard_webhooks

ROUNDS, REQUESTS, CONNECTIONS = 5, 2000, 16


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = prepare(folder)
        with (
            serve("hello", Path(__file__).with_name("hello.py"), environment) as hello,
            serve("webhook_intake", main_of("webhook_intake"), environment) as intake,
        ):
            hello.first_answer("GET", "/", b"")
            intake.first_answer("GET", "/", b"")
            plain = [http_request("GET", "/")] * REQUESTS
            found: dict[str, list[Load]] = {"hello": [], "intake": []}
            for round_ in range(ROUNDS):
                found["hello"].append(load(hello.port, plain, CONNECTIONS))
                found["intake"].append(load(intake.port, webhooks(round_), CONNECTIONS))
            for name_, server in (("hello", hello), ("intake", intake)):
                rows = found[name_]
                print(
                    f"{name_:<8} {median(row.per_second for row in rows):8.0f}/s"
                    f"  p50 {median(row.p50_ms for row in rows):6.2f} ms  p99 {median(row.p99_ms for row in rows):6.2f} ms"
                    f"  failed {sum(row.failed for row in rows)}  memory {server.memory_mb():.0f} MiB"
                )
            ratio = median(row.per_second for row in found["intake"]) / median(row.per_second for row in found["hello"])
            print(
                f"intake / hello = {ratio:.2f}  ({ROUNDS} interleaved rounds of {REQUESTS} at {CONNECTIONS} connections)"
            )


def webhooks(round_: int) -> list[bytes]:
    return [_webhook(f"{round_}-{n}") for n in range(REQUESTS)]


def _webhook(id: str) -> bytes:
    data = {"title": f"Trouble {id}", "severity": "warning", "id": id, "pad": "x" * 900}
    body = json.dumps({"type": "trouble", "data": data}).encode()
    signed = standard_webhooks.SCHEME.sign(body, SECRET, now=datetime.now(UTC), delivery=id, event_type="")
    return http_request("POST", "/webhooks/app", body, {"content-type": "application/json", **signed})


if __name__ == "__main__":
    main()
