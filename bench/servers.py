"""The two servers of functions-framework: gunicorn's threads, and --asgi, which is uvicorn on an event loop.

Each serves a bare function, the flag evaluator and the intake, at 16 and 64 connections and from a cold start. Rounds
are interleaved, and everything stands beside the bare function on threads. ADR 29 chooses by these figures.

Not fair: the flag evaluator on the event loop skips the threads that a check of tokens may wait in. uvicorn parses with
h11, since functions-framework installs nothing faster. The load comes from the same two cores, so read the ratios.
"""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from bench.flags_http import CPU, asked, note
from bench.intake import webhooks
from bench.load import load
from bench.result import Result, Table
from bench.serving import Server, main_of, prepare, serve

ROUNDS, STARTS, REQUESTS = 7, 7, 600
CONNECTIONS = (16, 64)
HERE = Path(__file__).parent
BARE, START_CPU = "threads: hello", "CPU ms until then"
SERVERS = {"threads": (), "loop": ("--asgi",)}
FUNCTIONS = ("hello", "flag_evaluator", "webhook_intake")
Rows = dict[str, dict[str, list[float]]]
_names = count()


def measure(*, quick: bool) -> Result:
    rounds, requests = (2, 100) if quick else (ROUNDS, REQUESTS)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(*kind)) for name, kind in kinds()}
        loaded = [under_load(servers, connections, rounds, requests) for connections in CONNECTIONS]
    return Result([*loaded, cold(2 if quick else STARTS)])


def kinds() -> Iterator[tuple[str, tuple[str, str]]]:
    return ((f"{server}: {function}", (server, function)) for function in FUNCTIONS for server in SERVERS)


@contextmanager
def served(server: str, function: str) -> Iterator[Server]:
    """The function on a store of its own."""
    bare = "hello.py" if server == "threads" else "async_functions.py"
    source = main_of(function) if server == "threads" and function != "hello" else HERE / bare
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(serve(function, source, prepare(folder), *SERVERS[server]))


def under_load(servers: dict[str, Server], connections: int, rounds: int, requests: int) -> Table:
    rows: Rows = {name: {} for name in servers}
    for name, server in servers.items():
        first_answer(name, server)
        one_round(name, server, connections, requests // 5)
    for _ in range(rounds):
        for name, server in servers.items():
            note(rows[name], one_round(name, server, connections, requests))
    return Table(f"{connections} connections", rows, ((CPU, BARE), ("p50 ms", BARE), ("p99 ms", BARE)))


def one_round(name: str, server: Server, connections: int, requests: int) -> dict[str, float]:
    sent = work(name, requests)
    before = server.cpu_seconds()
    done = load(server.port, sent, connections)
    used = (server.cpu_seconds() - before) / requests * 1e6
    return {
        "requests/s": done.per_second,
        "p50 ms": done.p50_ms,
        "p99 ms": done.p99_ms,
        CPU: used,
        "failed": done.failed,
    }


def work(name: str, requests: int) -> list[bytes]:
    if name.endswith("webhook_intake"):
        return webhooks(f"round-{next(_names)}", requests, "/webhooks/app")
    return asked("/ofrep/v1/evaluate/flags/quarter", requests)


def cold(starts: int) -> Table:
    """From the start of the process to the first answer that did the work."""
    rows: Rows = {name: {} for name, _ in kinds()}
    for number in range(starts + 1):  # the first writes the bytecode
        for name, kind in kinds():
            with served(*kind) as server:
                measured = {"ms": first_answer(name, server), START_CPU: server.cpu_seconds(with_start=True) * 1e3}
            note(rows[name], measured if number else {})
    return Table("first answer", rows, (("ms", BARE), (START_CPU, BARE)))


def first_answer(name: str, server: Server) -> float:
    while not is_answered(server.port, work(name, 1)[0]):
        time.sleep(0.002)
    return (time.perf_counter() - server.started) * 1e3


def is_answered(port: int, request: bytes) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(12)[9:10] == b"2"
    return False
