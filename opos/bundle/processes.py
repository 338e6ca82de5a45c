"""Processes that lead a group, so that they end with all their children."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from shared.telemetry.logger import log as _log


def start(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Starts *command* as the leader of its own process group. It writes to *output*, or where this process writes."""
    return subprocess.Popen(  # noqa: S603  (our own programs)
        command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def end(process: subprocess.Popen[bytes], *, patience: float = 10.0) -> None:
    """Asks the group of *process* to stop, and kills whatever has not stopped in time."""
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
    """A process that starts again whenever it ends, as Cloud Run does with an instance."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None = None
    """The file for its output; if None, it writes where this process writes."""
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
            _signal(self.process, signal.SIGKILL)  # children that outlive their leader still hold its port
            _log.warning("restarted", function=self.name, status=status)
            with self._starting:
                if not self._stopping.is_set():
                    self._start()

    def _start(self) -> None:
        with self.log.open("ab") if self.log else nullcontext() as output:
            self.process = start(self.command, environment=self.environment, output=output)
