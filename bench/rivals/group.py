"""A server's whole process group: its memory, its end, and waiting for its first good answer."""

import http.client
import os
import signal
import time
from pathlib import Path

from bench.serving import Server

PATIENCE = 120
"""Seconds that a peer may take to start."""


def memory_mib(server: Server) -> float:
    """What the processes have resident; what they share is counted once (proc(5), Pss)."""
    return sum(_proportional_kib(pid) for pid in _living(server)) / 1024


def kill(server: Server) -> None:
    """SIGKILL to all of them at once; returns when none is left that runs."""
    os.killpg(server.process.pid, signal.SIGKILL)
    while _living(server):
        time.sleep(0.01)


def wait_for(server: Server, method: str, path: str, status: int, said: bytes = b"") -> None:
    """Until it answers so, and with *said* in the body: a peer that still starts may answer 200 as well. Raises
    TimeoutError, or RuntimeError where its process has ended.
    """
    deadline = time.monotonic() + PATIENCE
    while not _answers(server, method, path, status, said):
        if server.process.poll() is not None:
            raise RuntimeError(f"expected {server.process.args!r} to serve, found that it ended")
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected {status} of {method} {path} within {PATIENCE} s")
        time.sleep(0.02)


def _answers(server: Server, method: str, path: str, status: int, said: bytes) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, b"", {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status == status and said in answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _living(server: Server) -> list[str]:
    found = [path.parent for path in Path("/proc").glob("[0-9]*/stat")]
    return [folder.name for folder in found if _state_and_group(folder) in _running(server)]


def _running(server: Server) -> set[tuple[str, int]]:
    return {(state, server.process.pid) for state in "RSDTtI"}


def _state_and_group(folder: Path) -> tuple[str, int]:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "X", 0
    return fields[0], int(fields[2])


def _proportional_kib(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
