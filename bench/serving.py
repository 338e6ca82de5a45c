"""Starting a function under functions-framework, as it is started when deployed, and asking it over HTTP."""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from opos.bundle.ports import free_port
from opos.cloud.packaging import write_compiled
from shared.config.files.loader import load_config, load_flags

ROOT = Path(__file__).parents[1]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONFIG = """
owner: me@example.com
sources: {app: {scheme: standard-webhooks, secrets: [APP_SECRET], alert: {title: data.title, severity: data.severity,
  fingerprint: data.id}}}
channels: {desk: {console: true}}
route: {channel: desk, pages_per_minute: 1000000}
digest: {channel: desk}
"""


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]
    started: float

    def ask(
        self, method: str = "GET", path: str = "/", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            return connection.getresponse().status
        finally:
            connection.close()

    def first_answer(self, method: str, path: str, body: bytes) -> tuple[float, int]:
        """Seconds from the start of the process to its first answer, and the answer's status."""
        while True:
            try:
                status = self.ask(method, path, body, {"content-type": "application/json"})
            except OSError:
                time.sleep(0.002)
                continue
            return time.perf_counter() - self.started, status

    def memory_mb(self) -> float:
        """Resident memory of the process that serves: gunicorn's worker."""
        return max(_resident(pid) for pid in self.serving())

    def cpu_seconds(self, *, with_start: bool = False) -> float:
        """What the process that serves has used of the processor so far (proc(5), utime and stime); *with_start* also
        what the process has used that loaded the code and started it.
        """
        pids = {*self.serving(), *([str(self.process.pid)] if with_start else [])}
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")

    def serving(self) -> list[str]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return children or [str(self.process.pid)]


def _resident(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def prepare(folder: Path) -> dict[str, str]:
    """An environment for functions that keep their data in *folder*."""
    (folder / "opos.yaml").write_text(CONFIG)
    (folder / "flags.yaml").write_text("flags: {quarter: {enabled: true, rollout: 25}}\n")
    _compile(folder)
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "APP_SECRET": SECRET,
        "OPOS_STORE": f"sqlite:///{folder}/opos.db",
        "OPOS_CONFIG": str(folder / "opos.yaml"),
        "OPOS_FLAGS": str(folder / "flags.yaml"),
    }


def _compile(folder: Path) -> None:
    """As a build does."""
    flags, config = folder / "flags.yaml", folder / "opos.yaml"
    write_compiled(load_config(config), load_flags(flags), config, flags)


@contextmanager
def serve(target: str, source: Path, environment: dict[str, str], *more: str) -> Iterator[Server]:
    port = free_port()
    command = [str(Path(sys.executable).with_name("functions-framework"))]
    command += ["--target", target, "--source", str(source), "--host", "127.0.0.1", "--port", str(port), *more]
    with running(command, environment, port) as server:
        yield server


@contextmanager
def serve_bundle(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "opos", "up", "--data", str(folder), "--port", str(port)]
    command += ["--config", environment["OPOS_CONFIG"], "--flags", environment["OPOS_FLAGS"]]
    with running(command, environment, port) as server:
        yield server


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int) -> Iterator[Server]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield Server(port, process, started)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def main_of(function: str) -> Path:
    return ROOT / "functions" / function / "main.py"


def push(message: dict[str, object]) -> bytes:
    data = base64.b64encode(json.dumps(message).encode()).decode()
    content = {"data": data, "messageId": "1", "publishTime": "2026-11-20T09:00:00Z", "attributes": {}}
    return json.dumps({"message": content, "subscription": "projects/local/subscriptions/bench"}).encode()
