"""Processes that are started as groups, so that they end with all their children."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from shared.telemetry.logger import log as _log


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """*command* as the leader of a process group of its own; its output goes to ours unless *output* is given."""
    return subprocess.Popen(  # noqa: S603  (our own programs)
        command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def end(process: subprocess.Popen[bytes], *, patience: float = 10.0) -> None:
    """Ask the group of *process* to stop; end what has not stopped in time."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@dataclass
class Supervised:
    """A process that is started again whenever it ends, as a platform does with an instance."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None = None
    """Where its output goes; to ours, if None."""
    process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self._start()
        threading.Thread(target=self._watch, name=f"watch-{self.name}", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        with self._starting:
            if self.process:
                end(self.process)

    def _watch(self) -> None:
        while self.process:
            status = self.process.wait()
            if self._stopping.wait(0.2):
                return
            _signal(self.process, signal.SIGKILL)  # children that outlived their leader hold its port
            _log.warning("restarted", function=self.name, status=status)
            with self._starting:
                if not self._stopping.is_set():
                    self._start()

    def _start(self) -> None:
        with self.log.open("ab") if self.log else nullcontext() as output:
            self.process = start(self.command, environment=self.environment, output=output)
