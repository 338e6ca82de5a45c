"""200 half-sent requests beside 16 good connections: what the bundle on this machine uses, and how fast it answers.

The good connections send signed webhooks; `/livez` is asked meanwhile. Rounds without and with the half-sent requests
alternate. The slow ones have sent nothing, part of a head, of a body or of a chunk, and are opened anew in each round.

Not fair: all come from this machine, where a connection costs next to nothing. The load shares the two cores.
"""

import tempfile
import time
from itertools import count
from pathlib import Path

from bench.flags_http import note
from bench.intake import webhooks
from bench.load import load
from bench.result import Goal, Result, Table
from bench.serving import Server, prepare, serve_bundle
from tests.support.half_sent import waiting

ROUNDS, REQUESTS, GOOD, SLOW = 7, 500, 16, 200
ALONE, BESIDE = "alone", f"beside {SLOW} half-sent"
LIVEZ, MEMORY = "/livez ms", "MiB"
_names = count()


def measure(*, quick: bool) -> Result:
    rows: dict[str, dict[str, list[float]]] = {ALONE: {}, BESIDE: {}}
    with tempfile.TemporaryDirectory() as folder, serve_bundle(Path(folder), prepare(Path(folder))) as server:
        server.first_answer("GET", "/livez", b"")
        one_round(server, REQUESTS)
        for _ in range(2 if quick else ROUNDS):
            note(rows[ALONE], one_round(server, 50 if quick else REQUESTS))
            with waiting(server.port, SLOW):
                note(rows[BESIDE], one_round(server, 50 if quick else REQUESTS))
    table = Table(f"{GOOD} good connections", rows, (("p50 ms", ALONE), ("p99 ms", ALONE), (MEMORY, ALONE)))
    failed = Goal("good requests that failed", sum(rows[BESIDE]["failed"]), 0)
    return Result([table], [failed, Goal("p99 / alone", table.ratio(BESIDE, ALONE, "p99 ms"), 1.5)])


def one_round(server: Server, requests: int) -> dict[str, float]:
    done = load(server.port, webhooks(f"round-{next(_names)}", requests, "/webhooks/app"), GOOD)
    measured = {"requests/s": done.per_second, "p50 ms": done.p50_ms, "p99 ms": done.p99_ms, "failed": done.failed}
    return measured | {LIVEZ: livez(server), MEMORY: server.memory_mb()}


def livez(server: Server) -> float:
    """Milliseconds until it has answered."""
    began = time.perf_counter()
    server.ask("GET", "/livez")
    return (time.perf_counter() - began) * 1e3
