"""Looking flags up over HTTP, beside a bare function on the same server that is asked with the same requests.

Each request is of another user. Throughput is what a client sees; the processor's time for a request, which other work
on the machine changes less, is what the server spends on it. functions-framework's own settings, at 16 connections.

Not fair: a bare function parses no JSON and is soon done. The load comes from the same two cores, so that ratios mean
more than absolutes.
"""

import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bench.load import http_request, load
from bench.result import Goal, Result, Table
from bench.serving import Server, main_of, prepare, serve
from shared.config.files.compiled_flags import place, written
from shared.config.files.loader import load_config, load_flags

ROUNDS, REQUESTS, CONNECTIONS = 15, 1000, 16
BULKS = (10, 100)
PATH = "/ofrep/v1/evaluate/flags"
HERE = Path(__file__).parent
BARE, SINGLE, SPEED, CPU = "bare", "single", "requests/s", "CPU us a request"
Case = tuple[Server, list[bytes]]
Rows = dict[str, dict[str, list[float]]]


def measure(*, quick: bool) -> Result:
    with ExitStack() as stack:
        group = cases(stack, REQUESTS // 5 if quick else REQUESTS)
        for server, asked in group.values():
            server.first_answer("POST", PATH, b"{}")
            load(server.port, asked[:200], CONNECTIONS)
        table = Table("as it is deployed", rounds(group, 2 if quick else ROUNDS), ((SPEED, BARE), (CPU, BARE)))
    ratio = table.ratio(SINGLE, BARE, SPEED)
    return Result([table], [Goal("requests/s, a single flag / bare", ratio, 0.85, at_least=True)])


def cases(stack: ExitStack, requests: int) -> dict[str, Case]:
    with_flags = {count: environment(stack, count) for count in BULKS}
    single, bulk = asked(f"{PATH}/quarter", requests), asked(PATH, requests)
    group = {BARE: (stack.enter_context(serve("hello", HERE / "hello.py", with_flags[BULKS[0]])), single)}
    for count, named in with_flags.items():
        server = stack.enter_context(serve("flag_evaluator", main_of("flag_evaluator"), named))
        group |= {SINGLE: (server, single)} if count == BULKS[0] else {}
        group[f"bulk of {count}"] = server, bulk
    return group


def environment(stack: ExitStack, count: int) -> dict[str, str]:
    """Of a function that has *count* flags, compiled as a build does."""
    settings = prepare(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    flags, config = Path(settings["OPOS_FLAGS"]), Path(settings["OPOS_CONFIG"])
    names = ["quarter", *(f"q{n}" for n in range(count - 1))]
    flags.write_text("flags:\n" + "".join(f"  {name}: {{enabled: true, rollout: 25}}\n" for name in names))
    place(flags).write_text(written(load_flags(flags), load_config(config).flags.access(), flags, config))
    return settings


def asked(path: str, count: int) -> list[bytes]:
    bodies = [json.dumps({"context": {"targetingKey": f"user-{n}", "plan": "pro"}}).encode() for n in range(count)]
    return [http_request("POST", path, body, {"content-type": "application/json"}) for body in bodies]


def rounds(group: Mapping[str, Case], count: int) -> Rows:
    rows: Rows = {name: {} for name in group}
    for _ in range(count):
        for name, case in group.items():
            note(rows[name], one_round(*case))
    for name, (server, _) in group.items():
        rows[name]["MiB"] = [server.memory_mb()]
    return rows


def one_round(server: Server, requests: list[bytes]) -> dict[str, float]:
    before = server.cpu_seconds()
    done = load(server.port, requests, CONNECTIONS)
    used = (server.cpu_seconds() - before) / len(requests) * 1e6
    return {SPEED: done.per_second, "p50 ms": done.p50_ms, "p99 ms": done.p99_ms, CPU: used, "failed": done.failed}


def note(row: dict[str, list[float]], measured: Mapping[str, float]) -> None:
    for measure_, value in measured.items():
        row.setdefault(measure_, []).append(value)
