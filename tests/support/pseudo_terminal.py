"""A program in a terminal of its own, as a person runs it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.senders import until

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_TAKES_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that of the new session, so that Ctrl-C reaches the program.

Tests that run under nohup would hand on that the end of a terminal is ignored.
"""
INTERRUPT = b"\x03"
"""What Ctrl-C sends."""


@dataclass
class Terminal:
    process: subprocess.Popen[bytes]
    descriptor: int
    _parts: list[bytes] = field(default_factory=list)
    is_closed: bool = False
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    @property
    def raw(self) -> str:
        return b"".join(self._parts).decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """What the screen shows, without its colours."""
        return _STYLE.sub("", self.raw)

    def wait_for(self, text: str, *, seconds: float = 60) -> str:
        until(lambda: text in self.text or self.process.poll() is not None, seconds=seconds, what=repr(text))
        assert text in self.text, self.text
        return self.text

    def type(self, keys: bytes) -> None:
        os.write(self.descriptor, keys)

    def close(self) -> None:
        """What closing the window does: the program gets SIGHUP, and cannot write any more."""
        self.is_closed = True
        self.reader.join(30)  # a read that waits keeps the terminal open
        os.close(self.descriptor)

    def read(self) -> None:
        while not self.is_closed:
            if not select.select([self.descriptor], [], [], 0.05)[0]:
                continue
            try:
                part = os.read(self.descriptor, 65536)
            except OSError:  # the program has ended
                return
            self._parts.append(part)


@contextmanager
def terminal(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], columns: int = 120, lines: int = 50
) -> Iterator[Terminal]:
    """*command* in a terminal of this size; it is killed at the end, if it still runs."""
    own, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKES_TERMINAL, *command], stdin=its, stdout=its, stderr=its, cwd=folder, env={"TERM": "xterm", **environment},
        start_new_session=True,
    )  # fmt: skip
    os.close(its)
    shown = Terminal(process, own)
    try:
        yield shown
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(60)
        shown.reader.join(30)
        if not shown.is_closed:
            os.close(own)
