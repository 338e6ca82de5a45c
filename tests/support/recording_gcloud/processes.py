"""Real functions behind the front: one process for each revision, with the environment that was recorded for it."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from opos.bundle.ports import free_port
from opos.bundle.processes import end
from tests.support.project import ROOT
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.front import Request, Response
from tests.support.recording_gcloud.state import State

PATIENCE = 60.0
"""Seconds that a function may take to start, and to answer."""
_HOPS = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}


@dataclass
class Processes:
    """An `Answer` for the front. *environment* goes over what is recorded: where the emulators are, for instance.

    A process is started at the first request; all end when the `with` does. What they say is in `logs` of the cloud's
    folder. *source* is what the image holds: /workspace there.
    """

    cloud: RecordedCloud
    environment: Mapping[str, str] = field(default_factory=dict)
    source: Path = ROOT
    ports: dict[str, int] = field(default_factory=dict)
    """Of the revisions that run."""

    def __post_init__(self) -> None:
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started.values():
            end(process)

    def __call__(self, revision: str, request: Request) -> Response:
        try:
            return _forwarded(self._port(revision, request.service), request)
        except OSError as error:
            return 503, {"content-type": "text/plain"}, f"{revision} does not answer: {error}".encode()

    def _port(self, revision: str, service: str) -> int:
        with self._lock:
            if revision not in self.ports:
                self.ports[revision] = self._start(revision, service)
        _await(self.ports[revision], self._started[revision])
        return self.ports[revision]

    def _start(self, revision: str, service: str) -> int:
        port, environment = free_port(), self.environment_of(revision, service)
        command = [sys.executable, "-m", "functions_framework", "--host", "127.0.0.1", "--port", str(port)]
        log = self.cloud.folder / "logs" / f"{revision}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as output:
            self._started[revision] = subprocess.Popen(
                command, cwd=self.source, env={**environment, "PORT": str(port)}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        return port

    def environment_of(self, revision: str, service: str) -> dict[str, str]:
        """What Cloud Run gives to an instance: nothing of ours but the path to Python."""
        state = self.cloud.state
        container = state["revisions"][revision]["spec"]["containers"][0]
        recorded = {one["name"]: _value(state, one) for one in container.get("env", [])}
        platform = {"K_SERVICE": service, "K_REVISION": revision, "K_CONFIGURATION": service}
        return {"PATH": os.environ["PATH"], **platform, **recorded, "PYTHONPATH": str(self.source), **self.environment}


def _value(state: State, entry: Mapping[str, Any]) -> str:
    if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
        return str(state["secrets"][reference["name"]]["versions"][-1]["value"])
    return str(entry.get("value", ""))


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it listens. Raises OSError if it ends instead, or takes too long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
            return
        time.sleep(0.05)
    raise OSError(f"ended with {process.returncode}" if process.returncode is not None else "too slow to start")


def _forwarded(port: int, request: Request) -> Response:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        headers = {name: value for name, value in request.headers.items() if name not in _HOPS}
        connection.request(request.method, request.path, request.body or None, headers)
        answered = connection.getresponse()
        found = {name: value for name, value in answered.getheaders() if name.lower() not in _HOPS}
        return answered.status, found, answered.read()
    finally:
        connection.close()
