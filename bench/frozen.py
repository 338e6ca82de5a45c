"""The flag evaluator on a platform that withholds the processor between two requests, as Cloud Run does by default.

Each process is stopped (SIGSTOP) 3 to 20 ms after each answer, and continued for the next request. A flag is overridden
once the process has answered for a while. Shown is how long after the override the flag is still on, in answers and in
seconds, and how many reports of usage and of indicators are in the store at the end. One process is asked five times a
second, one once a second, and one every six seconds; each has a thread of its own here.

Not fair: SIGSTOP stops a process whole, where the platform only gives it very little; and SQLite answers sooner than
Firestore does.
"""

import http.client
import json
import os
import random
import signal
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.result import Goal, Result, Table
from bench.serving import Server, main_of, prepare, serve
from shared.ports import Store
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.flags.overrides import FRESH, override

PERIODS = {"5 a second": 0.2, "1 a second": 1.0, "1 in 6 s": 6.0}
LASTING, QUICK = 80.0, 14.0
OVERRIDDEN_AFTER = 7.0


@dataclass(frozen=True, slots=True)
class Run:
    answers_on: int
    seconds_on: float
    usage: int
    indicators: int
    slowest_ms: float


def measure(*, quick: bool) -> Result:
    lasting = QUICK if quick else LASTING
    with ThreadPoolExecutor(len(PERIODS)) as threads:
        runs = dict(zip(PERIODS, threads.map(lambda period: frozen(period, lasting), PERIODS.values()), strict=True))
    rows = {
        name: {
            "answers still on": [float(run.answers_on)], "s still on": [run.seconds_on],
            "usage documents": [float(run.usage)], "indicator documents": [float(run.indicators)],
            "slowest ms": [run.slowest_ms],
        }
        for name, run in runs.items()
    }  # fmt: skip
    goals = [Goal(f"{name}: seconds still on", run.seconds_on, FRESH + PERIODS[name]) for name, run in runs.items()]
    return Result([Table("a flag that is overridden, in a process that is frozen between requests", rows)], goals)


def frozen(period: float, lasting: float) -> Run:
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        environment = prepare(folder)
        (folder / "flags.yaml").write_text("flags: {quarter: {enabled: true}}\n")
        with serve("flag_evaluator", main_of("flag_evaluator"), environment) as server:
            server.first_answer("POST", "/ofrep/v1/evaluate/flags/quarter", b"{}")
            return _asked(server, Runtime(Settings.from_environment(environment)).store, folder, period, lasting)


def _asked(server: Server, store: Store, folder: Path, period: float, lasting: float) -> Run:
    began, overridden_at, last_on, answers_on, slowest = time.monotonic(), 0.0, 0.0, 0, 0.0
    while (at := time.monotonic()) - began < lasting:
        if not overridden_at and at - began > OVERRIDDEN_AFTER:
            override_quarter(store)
            overridden_at = at
        is_on, took = thawed(server)
        slowest = max(slowest, took)
        if overridden_at and is_on:
            answers_on, last_on = answers_on + 1, at
        time.sleep(max(0.0, period - (time.monotonic() - at)))
    thaw(server)
    seconds = max(0.0, last_on - overridden_at)
    return Run(
        answers_on, seconds, *(_documents(folder, name) for name in ("flag_usage", "indicators")), slowest * 1000
    )


def override_quarter(store: Store) -> None:
    now = datetime.now(UTC)
    override("quarter", "off", store, who="bench", why="frozen", until=now + timedelta(hours=1), now=now)


def thawed(server: Server) -> tuple[bool, float]:
    """The value that a process answers that runs only until shortly after its answer, and the seconds that it took."""
    thaw(server)
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        connection.request("POST", "/ofrep/v1/evaluate/flags/quarter", b"{}", {"content-type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
    took = time.perf_counter() - began
    time.sleep(random.uniform(0.003, 0.020))
    _signal(server, signal.SIGSTOP)
    return bool(value), took


def thaw(server: Server) -> None:
    _signal(server, signal.SIGCONT)


def _signal(server: Server, number: signal.Signals) -> None:
    for process in (str(server.process.pid), *server.serving()):
        os.kill(int(process), number)


def _documents(folder: Path, collection: str) -> int:
    with closing(sqlite3.connect(folder / "opos.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM docs WHERE collection = ?", (collection,)).fetchone()
    return int(count)
