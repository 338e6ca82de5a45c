"""The flag evaluator on a platform that withholds the processor between two requests, as Cloud Run does by default.

Each process is stopped (SIGSTOP) 3 to 20 ms after each answer, and continued for the next request. A flag is overridden
while the process answers. The table shows how long the flag is still on, in answers and in seconds, and how many
reports of usage and of indicators the store holds at the end. Processes get five requests a second, one a second, and
one every six seconds; each has a store of its own: a SQLite file, and a project of the Firestore emulator if that is
installed.

Not fair: SIGSTOP stops a process whole, where the platform only gives it very little; SQLite and the emulator answer
sooner than Firestore does; and all processes share this machine's processors.
"""

import http.client
import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from bench.result import Goal, Result, Table
from bench.serving import Server, main_of, prepare, serve
from opos.bundle.emulators import emulators, missing
from shared.ports import Store
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.flags.overrides import FRESH, override

PERIODS = {"5 a second": 0.2, "1 a second": 1.0, "1 in 6 s": 6.0}
LASTING, QUICK = 80.0, 14.0
OVERRIDDEN_AFTER = 7.0
SQLITE, FIRESTORE = "SQLite", "Firestore"


@dataclass(frozen=True, slots=True)
class Run:
    answers_on: int
    seconds_on: float
    usage: int
    indicators: int
    slowest_ms: float


def measure(*, quick: bool) -> Result:
    lasting = QUICK if quick else LASTING
    with stores() as environments:
        cases = {f"{store}: {name}": (store, name) for store in environments for name in PERIODS}
        with ThreadPoolExecutor(len(cases)) as threads:
            runs = threads.map(lambda case: frozen(environments[case[0]], PERIODS[case[1]], lasting), cases.values())
            named = dict(zip(cases, runs, strict=True))
    goals = [
        Goal(f"{name}: seconds still on", run.seconds_on, FRESH + PERIODS[cases[name][1]])
        for name, run in named.items()
    ]
    table = Table("a flag that is overridden, in a process that is frozen between requests", _rows(named))
    return Result([table], goals, {} if FIRESTORE in environments else {FIRESTORE: f"needs {', '.join(missing())}"})


def _rows(runs: Mapping[str, Run]) -> dict[str, dict[str, list[float]]]:
    return {
        name: {
            "answers still on": [float(run.answers_on)], "s still on": [run.seconds_on],
            "usage documents": [float(run.usage)], "indicator documents": [float(run.indicators)],
            "slowest ms": [run.slowest_ms],
        }
        for name, run in runs.items()
    }  # fmt: skip


@contextmanager
def stores() -> Iterator[dict[str, dict[str, str]]]:
    """The variables that put a function on each store."""
    if missing():
        yield {SQLITE: {}}
        return
    with tempfile.TemporaryDirectory() as logs, emulators(Path(logs)) as google:
        yield {SQLITE: {}, FIRESTORE: {**google.environment, "OPOS_STORE": "firestore"}}


def frozen(variables: Mapping[str, str], period: float, lasting: float) -> Run:
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        environment = {**prepare(folder), **variables}
        if "GOOGLE_CLOUD_PROJECT" in variables:
            environment["GOOGLE_CLOUD_PROJECT"] = f"demo-{uuid4().hex[:12]}"
        (folder / "flags.yaml").write_text("flags: {quarter: {enabled: true}}\n")
        with serve("flag_evaluator", main_of("flag_evaluator"), environment) as server:
            server.first_answer("POST", "/ofrep/v1/evaluate/flags/quarter", b"{}")
            return _asked(server, Runtime(Settings.from_environment(environment)).store, period, lasting)


def _asked(server: Server, store: Store, period: float, lasting: float) -> Run:
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
    usage, indicators = (len(list(store.query(name))) for name in ("flag_usage", "indicators"))
    return Run(answers_on, seconds, usage, indicators, slowest * 1000)


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
