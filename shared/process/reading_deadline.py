"""A deadline for reading from a socket, however slowly and steadily its sender sends.

gunicorn's threads wait for the body of a request without a limit, and a socket's own timeout starts again with each
byte. So one thread per process looks for the sockets whose time is up, and ends their reading side: whoever reads there
finds the end of the data, and can still send an answer.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

PRECISION = 0.5
"""Seconds by which a deadline may be late."""
_deadlines: dict[object, tuple[float, socket.socket]] = {}


@contextmanager
def reading_deadline(connection: socket.socket | None, seconds: float) -> Iterator[None]:
    """Ends the reading side of *connection* if the block has not ended after *seconds*. None has no deadline."""
    if connection is None:
        yield
        return
    _watch_from_now_on()
    reading = object()
    _deadlines[reading] = (time.monotonic() + seconds, connection)
    try:
        yield
    finally:
        del _deadlines[reading]


@cache
def _watch_from_now_on() -> None:
    """Starts at the first reading: gunicorn forks its workers after it has loaded the code, and threads end there."""
    threading.Thread(target=_watch, name="reading-deadlines", daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(PRECISION)
        now = time.monotonic()
        for due, connection in list(_deadlines.values()):
            if due <= now:
                with suppress(OSError):  # the sender has left
                    connection.shutdown(socket.SHUT_RD)
