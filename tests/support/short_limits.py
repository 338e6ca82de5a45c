"""Real servers of opos as processes, with limits that a test reaches within seconds.

`python -m tests.support.short_limits bundle PORT`, `small PORT`, `proxy PORT PORT_OF_THE_BUNDLE`, `function PORT NAME`,
or `page PORT` for one that answers with a large page.
"""

import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from opos.bundle.connection import listen
from opos.bundle.front import Front, Limits
from opos.bundle.gateway import function_source
from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from opos.bundle.proxy import proxy
from opos.bundle.server import serve
from shared.ports.topology import FUNCTIONS
from shared.runtime import entry
from tests.support.bundle import CONFIG, FLAGS, SECRETS
from tests.support.half_sent import sent
from tests.support.project import ROOT

LIMITS = Limits(seconds=2.0, connections=260, bodies=8 * 1024 * 1024)
SMALL = Limits(seconds=25.0, connections=20, bodies=8 * 1024 * 1024)


@dataclass(frozen=True)
class Server:
    port: int
    log: Path
    pid: int

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return int(answer.status)

    @property
    def memory_mb(self) -> float:
        """Resident memory of the process that serves."""
        lines = [line.split() for line in (self._worker / "status").read_text().splitlines()]
        return next(int(words[1]) / 1024 for words in lines if words[0] == "VmRSS:")

    @property
    def sockets(self) -> int:
        """How many sockets the process that serves has open."""
        return sum(str(file.readlink()).startswith("socket:") for file in (self._worker / "fd").iterdir())

    @property
    def _worker(self) -> Path:
        """Gunicorn's worker, the child of the process that was started (proc(5))."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return Path("/proc", children.split()[0])


@contextmanager
def running(folder: Path, kind: str, *arguments: str) -> Iterator[Server]:
    """The server *kind*, once it listens, with its data and its log in *folder*."""
    (folder / "opos.yaml").write_text(CONFIG)
    (folder / "flags.yaml").write_text(FLAGS)
    files = {"OPOS_CONFIG": f"{folder}/opos.yaml", "OPOS_FLAGS": f"{folder}/flags.yaml"}
    environment = {**os.environ, **SECRETS, **files, "OPOS_STORE": f"sqlite:///{folder}/opos.db"}
    port, log = free_port(), folder / f"{kind}.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", __name__, kind, str(port), *arguments]
        process = start(command, environment=environment | {"PYTHONPATH": str(ROOT)}, output=output)
    try:
        server = Server(port, log, process.pid)
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield server
    finally:
        end(process)


def _answers(port: int) -> bool:
    with suppress(OSError):
        return sent(port, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n") != b""
    return False


def _serve(kind: str, port: int, argument: str) -> None:
    if kind in {"bundle", "small"}:
        serve(
            "127.0.0.1",
            port,
            when_ready=lambda: None,
            when_done=lambda: None,
            limits=SMALL if kind == "small" else LIMITS,
        )
    elif kind == "proxy":
        listen(
            Front(proxy(dict.fromkeys(FUNCTIONS, int(argument))), LIMITS), "127.0.0.1", port, when_ready=lambda: None
        )
    elif kind == "page":
        listen(Front(Response(b"x" * 10_000_000), LIMITS), "127.0.0.1", port, when_ready=lambda: None)
    else:
        from functions_framework import create_app
        from functions_framework._http import create_server

        entry.READING_TIME = LIMITS.seconds
        create_server(create_app(argument, str(function_source(argument))), debug=False).run("127.0.0.1", port)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
