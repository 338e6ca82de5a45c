"""A process of `jaq_script.py`: how it starts, what goes in and out, and what its end says."""

import importlib.util
import signal
import socket
import struct
import subprocess
import sys
import time
import weakref
from contextlib import ExitStack
from pathlib import Path

from shared.errors import ExpressionError, ExpressionReason

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of the answer to one evaluation."""
_START = 30.0
"""Seconds until a process is ready: on a busy machine, a start takes longer than a request."""
_SHORTEST = 0.001
"""Seconds, as a time-out of 0 would mean not to wait at all."""
_HEADER = struct.Struct(">cI")
_SCRIPT = Path(__file__).with_name("jaq_script.py")

TOO_LATE = "expected a result before the deadline, found none: the expression takes too long, or never ends"
_TOO_MUCH = "expected a result within the limit of memory, found that it needs more"
_TOO_DEEP = "expected a result within the limit of memory, found that the expression recurses too deeply"
_ENDS: dict[int, tuple[ExpressionReason, str]] = {
    -signal.SIGALRM: ("deadline", TOO_LATE),
    -signal.SIGABRT: ("memory", _TOO_MUCH),
    -signal.SIGSEGV: ("memory", _TOO_DEEP),
    -signal.SIGBUS: ("memory", _TOO_DEEP),
}
"""What an exit code says."""


class JaqProcess:
    """Runs until `close`, the end of this process, or an expression that ends it."""

    def __init__(self, *, memory: int, seconds: float) -> None:
        self._ours, theirs = socket.socketpair()
        self._received = bytearray()
        with theirs, ExitStack() as unstarted:
            unstarted.callback(self._ours.close)
            self._process = _started(_command(memory, seconds), theirs)
            unstarted.pop_all()
        self.close = weakref.finalize(self, _end, self._process, self._ours)
        self._wait_until_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    def runs(self) -> bool:
        """Whether it can be asked."""
        return self.close.alive and self._process.poll() is None

    def send(self, request: bytes, *, until: float) -> None:
        """Raises TimeoutError at *until* of the monotonic clock, OSError if the process has ended."""
        self._wait_at_most(until)
        self._ours.sendall(request)

    def answer(self, *, until: float) -> bytes:
        """The next answer. Raises as `send` does, and ExpressionError if the answer says why there is no result."""
        sign, length = _HEADER.unpack(self._take(_HEADER.size, until))
        if length > MAX_ANSWER:
            self.close()
            raise ExpressionError(f"expected a result of at most {MAX_ANSWER >> 20} MB, found a larger one")
        content = self._take(length, until)
        if sign == b"=":
            return content
        if sign == b"m":
            self.close()
            raise ExpressionError(_TOO_MUCH, reason="memory")
        raise ExpressionError(content.decode(errors="replace"))

    def obituary(self) -> ExpressionError:
        """Why it ended. It has closed its side, so it has ended or is about to."""
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = None
        self.close()
        reason, words = _ENDS.get(code or 0, ("died", f"the evaluator's process ended (exit code {code}); try again"))
        return ExpressionError(words, reason=reason)

    def _wait_until_ready(self) -> None:
        try:
            self.answer(until=time.monotonic() + _START)
        except OSError:
            self.close()
            raise _not_started("it ended, or did not answer") from None

    def _take(self, size: int, until: float) -> bytes:
        while len(self._received) < size:
            self._wait_at_most(until)
            if not (received := self._ours.recv(1 << 20)):
                raise ConnectionResetError
            self._received += received
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _wait_at_most(self, until: float) -> None:
        self._ours.settimeout(max(until - time.monotonic(), _SHORTEST))


def _command(memory: int, seconds: float) -> list[str]:
    """Without `site`, which costs time and reads files of others: the script is told where jaq is."""
    jaq = importlib.util.find_spec("jaq")
    if jaq is None or jaq.origin is None:
        raise _not_started("the package jaq-rs is not installed")
    folder = str(Path(jaq.origin).parents[1])
    return [sys.executable, "-I", "-S", str(_SCRIPT), folder, str(memory), str(seconds)]


def _started(command: list[str], theirs: socket.socket) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own script
            command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL,
            env={}, cwd="/", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise _not_started(str(error)) from None


def _not_started(why: str) -> ExpressionError:
    message = f"expected {sys.executable} to start an evaluator, found that it cannot: {why}"
    return ExpressionError(message, reason="died", hint="Run: make install")


def _end(process: subprocess.Popen[bytes], ours: socket.socket) -> None:
    ours.close()
    process.kill()
    process.wait()
