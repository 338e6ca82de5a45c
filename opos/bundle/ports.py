"""Ports for servers that cannot bind port 0 themselves, because their command line names the port.

A port that was bound and closed again may be gone before its server starts: the kernel gives it to any outgoing
connection. So these ports lie outside the kernel's range for that, no two calls on this machine return the same one
while their processes run, and `on_free_port` tries another if a different program takes one nevertheless.
"""

import fcntl
import os
import re
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from shared.errors import Unavailable

_LOWEST, _HIGHEST, _FEWEST = 20_000, 65_535, 1000
_DEFAULT_EPHEMERAL = (32_768, 60_999)
_PROC = Path("/proc/sys/net/ipv4/ip_local_port_range")
Started = TypeVar("Started")


class PortTaken(Unavailable):
    """Another program listens on the port that a server was to use."""


class Ports:
    """Hands out ports of *candidates*, each at most once; *locks* is the file that all processes share."""

    def __init__(self, candidates: range, locks: Path) -> None:
        self._candidates = candidates
        self._locks = locks
        self._next = os.getpid() % len(candidates)
        self._handed_out: set[int] = set()  # a process could lock its own bytes again
        self._guard = threading.Lock()
        self._file: int | None = None

    def free(self) -> int:
        """A port that no other caller has had or gets. Raises Unavailable when none is left."""
        with self._guard:
            for _ in self._candidates:
                port = self._candidates[self._next]
                self._next = (self._next + 1) % len(self._candidates)
                if self._reserve(port) and not is_taken(port):
                    return port
        raise Unavailable(f"No port from {self._candidates[0]} to {self._candidates[-1]} is free.")

    def _reserve(self, port: int) -> bool:
        """Lock the byte number *port* of the shared file; the kernel unlocks it when this process ends."""
        if port in self._handed_out:
            return False
        if self._file is None:
            self._file = os.open(self._locks, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        self._handed_out.add(port)
        return True


def is_taken(port: int) -> bool:
    """Whether another socket listens on *port*."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def ephemeral() -> range:
    """The ports that the kernel gives to outgoing connections and to servers that bind port 0."""
    lowest, highest = _DEFAULT_EPHEMERAL
    with suppress(OSError):
        lowest, highest = map(int, re.findall(r"\d+", _PROC.read_text()))
    return range(lowest, highest + 1)


def outside(taken: range) -> range:
    """The ports from 20000 on that lie below *taken*, or above it where there are too few below."""
    below, above = range(_LOWEST, taken.start), range(max(taken.stop, _LOWEST), _HIGHEST + 1)
    return below if len(below) >= _FEWEST else max(above, range(1024, min(taken.start, _LOWEST)), key=len)


_ports = Ports(outside(ephemeral()), Path(tempfile.gettempdir()) / f"opos-ports-{os.getuid()}")


def free_port() -> int:
    """A port outside the ephemeral range that no other caller on this machine gets."""
    return _ports.free()


def on_free_port(start: Callable[[int], Started]) -> Started:
    """What *start* returns for a free port. If it raises PortTaken, it gets one more port."""
    try:
        return start(free_port())
    except PortTaken:
        return start(free_port())
