"""Whoever reads the output of a command that does not end on its own: a terminal, a file, or a program in a pipe."""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

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


@contextmanager
def until_reader_ends() -> Iterator[None]:
    """Ends the block, and is silent about it, when the reader of stdout has ended or the operator presses Ctrl-C."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has no reader
    except KeyboardInterrupt:
        pass
