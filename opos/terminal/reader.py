"""Whoever reads the output of a command that does not end on its own: a terminal, a file, or a program in a pipe."""

import os
import select
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from shared.values.visible_characters import boundary

_MILLISECONDS = 1000


def wait(pause: timedelta) -> bool:
    """Waits for *pause*. False as soon as the program that reads stdout has ended, as `head -1` does."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # stdout is no file
        time.sleep(pause.total_seconds())
        return True
    poll = select.poll()
    poll.register(descriptor, 0)  # even so, an end of the reader is reported
    return not poll.poll(pause.total_seconds() * _MILLISECONDS)


def fitted(line: str) -> str:
    """*line*, cut to the width of the terminal if stdout is one, so that each line of a list stays one."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
    return line if len(line) <= width else f"{line[: boundary(line, width - 1)]}…"


@contextmanager
def until_reader_ends() -> Iterator[None]:
    """Ends the block, and is silent about it, when the reader of stdout has ended or the operator presses Ctrl-C."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has no reader
    except KeyboardInterrupt:
        pass
