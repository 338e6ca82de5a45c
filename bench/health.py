"""Health while the bundle is busy: how long `/health`, `/readyz` and `/livez` take, idle and under a load of webhooks.

The bundle as `opos up` runs it, in one process on SQLite. The bound is the dependency timeout of two seconds.

Not fair: nobody else is beside it, only the bound. The load comes from the same two cores; and each function of a
deployed bundle has a process of its own, so that there no load of another can hold health up.
"""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench.intake import CONNECTIONS, REQUESTS, webhooks
from bench.load import Load, load
from bench.result import Goal, Result, Table
from bench.serving import Server, prepare, serve_bundle

ADDRESSES = ("/livez", "/readyz", "/health")
ROUNDS, SECONDS, PAUSE = 3, 3.3, 0.05
OK, BOUND = 200, 2000
"""What is answered, and within how many milliseconds."""
IDLE, BUSY = "idle", "busy with webhooks"
Rows = dict[str, dict[str, list[float]]]
Times = dict[str, list[tuple[float, int]]]


def measure(*, quick: bool) -> Result:
    found: dict[str, Rows] = {kind: {address: {} for address in ADDRESSES} for kind in (IDLE, BUSY)}
    rounds, sent = range(2 if quick else ROUNDS), []
    with tempfile.TemporaryDirectory() as folder, serve_bundle(Path(folder), prepare(Path(folder))) as server:
        server.first_answer("GET", "/livez", b"")
        for _ in rounds:  # before the others: what webhooks leave to be done keeps it busy for a while
            note(found[IDLE], idle(server, SECONDS / 5 if quick else SECONDS))
        for number in rounds:
            times, done = busy(server, webhooks(number, 200 if quick else REQUESTS))
            note(found[BUSY], times)
            sent.append(done)
    tables = [Table(kind, rows) for kind, rows in found.items()]
    goals = [Goal(f"ms, the longest while {one.title}", longest(one), BOUND) for one in tables]
    speed, failed = median(one.per_second for one in sent), sum(one.failed for one in sent)
    return Result(tables, goals, notes=[f"webhooks a second meanwhile: {speed:,.0f}; failed: {failed}"])


def longest(table: Table) -> float:
    return max(max(row["longest ms"]) for row in table.rows.values())


def idle(server: Server, seconds: float) -> Times:
    over = threading.Event()
    threading.Timer(seconds, over.set).start()
    return asked(server, over)


def busy(server: Server, requests: list[bytes]) -> tuple[Times, Load]:
    """What was asked meanwhile, and what became of the webhooks."""
    over = threading.Event()
    with ThreadPoolExecutor(1) as asking:
        found = asking.submit(asked, server, over)
        try:
            done = load(server.port, requests, CONNECTIONS)
        finally:
            over.set()
        return found.result(), done


def asked(server: Server, over: threading.Event) -> Times:
    """Milliseconds and status of each answer of each address, asked in turn until it is *over*, once at least."""
    found: Times = {address: [] for address in ADDRESSES}
    while True:
        for address, answers in found.items():
            began = time.perf_counter()
            status = server.ask("GET", address)
            answers.append(((time.perf_counter() - began) * 1e3, status))
        if over.wait(PAUSE):
            return found


def note(rows: Rows, times: Times) -> None:
    for address, answers in times.items():
        took = [one for one, _ in answers]
        failed = sum(status != OK for _, status in answers)
        measured = {"median ms": median(took), "longest ms": max(took), "times asked": len(took), "not 200": failed}
        for measure_, value in measured.items():
            rows[address].setdefault(measure_, []).append(value)
