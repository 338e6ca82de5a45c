"""Calls to the outside that end at a deadline, whatever the other side does.

The time-out of a socket limits one step, so a receiver that sends a byte every few seconds passes all of them, and a
name server has no limit at all. A call therefore has a thread of its own, and its caller waits for it until a deadline.
`cut` shuts down the connections that the call has opened, so that the thread ends too.

Sources: PEP 578 and Python's "Audit events table". Every library opens its connections with `socket.connect`, so its
audit event is the one place where all of them can be noted, also those of libraries that offer no deadline.
"""

import os
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import cache
from time import monotonic
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def _nothing() -> None:
    pass


class Call(Generic[T]):
    """One call of *work* in a thread of its own, which does not delay the exit of the process.

    After *deadline* seconds, it can open no more connections. *ended* is called when the thread is about to end.
    """

    def __init__(self, work: Callable[[], T], deadline: float, ended: Callable[[], None] = _nothing) -> None:
        _note_connections()
        self.began = monotonic()
        self.was_cut = False
        self._deadline, self._ended = self.began + deadline, ended
        self._future: Future[T] = Future()
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=copy_context().run, args=(self._run, work), daemon=True).start()

    def is_over(self, *, by: float) -> bool:
        """Whether the call has ended, after waiting for it until *by* seconds after its beginning."""
        try:
            self._future.exception(max(0.0, self.began + by - monotonic()))
        except TimeoutError:
            return False
        return True

    def result(self) -> T:
        """What the work returned, once the call is over; raises what the work raised."""
        return self._future.result()

    def cut(self) -> None:
        """Shut down the connections of the call. What waits for them raises an error of the connection."""
        with self._lock:
            self.was_cut = True
            for connection in self._connections:
                with suppress(OSError):  # it is not connected yet, or not any more
                    connection.shutdown(socket.SHUT_RDWR)

    def note(self, connection: socket.socket) -> None:
        """Note that the call opens *connection*. Raises TimeoutError if its time is over."""
        with self._lock:
            if self.was_cut or monotonic() > self._deadline:
                raise TimeoutError
            # A duplicate, because TLS takes the original over and leaves it closed.
            self._connections.append(socket.socket(fileno=os.dup(connection.fileno())))

    def _run(self, work: Callable[[], T]) -> None:
        _current.set(self)
        try:
            outcome = work()
        except BaseException as fault:  # noqa: BLE001  (raised by `result`)
            self._end()
            self._future.set_exception(fault)
        else:
            self._end()
            self._future.set_result(outcome)

    def _end(self) -> None:
        with self._lock:
            while self._connections:
                self._connections.pop().close()
        self._ended()


_current: ContextVar[Call[Any] | None] = ContextVar("call", default=None)


@cache
def _note_connections() -> None:
    """Note the connections of all calls from now on; a process without calls does not pay for that."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and (call := _current.get()) is not None:
        call.note(arguments[0])


def within(seconds: float, work: Callable[[], T]) -> T:
    """What *work* returns. Raises TimeoutError after *seconds*, and cuts the call."""
    call = Call(work, seconds)
    if not call.is_over(by=seconds):
        call.cut()
        raise TimeoutError
    return call.result()
