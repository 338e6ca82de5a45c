"""The bundle as in a deployment, on this machine: a process for each function, with emulated Pub/Sub and Firestore."""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from opos.bundle.emulators import PROJECT, Emulators, emulators
from opos.bundle.gateway import function_source
from opos.bundle.ports import free_port
from opos.bundle.processes import Supervised
from opos.bundle.pubsub_setup import wire
from opos.bundle.relisting import start_relisting
from opos.bundle.scheduler import start_ticking
from opos.bundle.signals import on_stop
from opos.terminal.files import open_private
from opos.terminal.options import EMULATORS_FILE, SIGNING_KEY_FILE, Place
from shared.errors import Unavailable
from shared.ports.topology import FUNCTIONS
from shared.security.secrets import kept_key

PATIENCE = 60.0


@dataclass(frozen=True)
class Functions:
    """The functions of a bundle. Each is a functions-framework process with its own port."""

    ports: Mapping[str, int]
    processes: Mapping[str, Supervised]


def serve_emulated(
    place: Place, host: str, port: int, url: str, *, when_ready: Callable[[Mapping[str, int]], None]
) -> None:
    """Serves until the process gets a signal to stop. The data of the emulators ends with it."""
    stopping = threading.Event()
    on_stop(stopping.set)
    with (
        emulators(_logs(place)) as google,
        emulated(place, google, url) as functions,
        _proxy(host, port, functions.ports),
    ):
        runtime = place.runtime(OPOS_PUBLIC_URL=url)
        ticks = start_ticking(runtime)
        start_relisting(runtime)
        when_ready(functions.ports)
        stopping.wait()
        ticks.set()


@contextmanager
def emulated(place: Place, google: Emulators, url: str, *, log: Path | None = None) -> Iterator[Functions]:
    """Starts every function with its push subscriptions; each writes to *log*, or where this process writes."""
    kept_key(place.data / SIGNING_KEY_FILE)
    state = place.data / EMULATORS_FILE
    with open_private(state) as file:
        file.write(json.dumps(google.environment))
    ports: dict[str, int] = {name: free_port() for name in FUNCTIONS}
    environment = place.environment(OPOS_PUBLIC_URL=url)
    functions = Functions(ports, {name: _function(name, port, environment, log) for name, port in ports.items()})
    with ExitStack() as stack:
        stack.callback(state.unlink, missing_ok=True)
        wire(PROJECT, lambda name: f"http://127.0.0.1:{ports[name]}", emulator=google.pubsub)
        for process in functions.processes.values():
            stack.callback(process.stop)
            process.start()
        for name, port in ports.items():
            _await_answer(name, "127.0.0.1", port)
        yield functions


def _function(name: str, port: int, environment: Mapping[str, str], log: Path | None) -> Supervised:
    command = [
        sys.executable,
        "-P",
        "-m",
        "functions_framework",
        "--target",
        name,
        "--source",
        str(function_source(name)),
    ]
    return Supervised(name, [*command, "--host", "127.0.0.1", "--port", str(port)], environment, log)


@contextmanager
def _proxy(host: str, port: int, ports: Mapping[str, int]) -> Iterator[None]:
    command = [sys.executable, "-m", "opos.bundle.proxy", host, str(port), json.dumps(dict(ports))]
    process = Supervised("proxy", command, os.environ)
    try:
        process.start()
        _await_answer("proxy", host, port)
        yield
    finally:
        process.stop()


def _await_answer(name: str, host: str, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _listens(host, port):
        if time.monotonic() > deadline:
            raise Unavailable(f"The process of {name} did not start on port {port}.")
        time.sleep(0.05)


def _listens(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _logs(place: Place) -> Path:
    logs = place.data / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    return logs
