"""The server of a bundle on this machine. Its connections wait on an event loop, without a thread and within limits.

gunicorn's ASGI worker parses requests strictly, and limits the size of each line, but not the time and the number of
connections. It has no setting for the class of its connections, so this module replaces that class.
"""

import signal
from asyncio import BaseTransport, TimerHandle, Transport
from collections.abc import Callable
from typing import Any

from functions_framework._http.gunicorn import GunicornApplication
from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from opos.bundle.front import Front
from opos.bundle.signals import outlives_terminal

LINE_LIMIT = 8190
"""Bytes of a request line."""


def listen(front: Front, host: str, port: int, *, when_ready: Callable[[], None], **hooks: Callable[..., None]) -> None:
    """Serves *front* until the process gets a signal to stop. *hooks* are those of gunicorn.

    gunicorn takes the signal of a terminal that closes as one to start its worker anew; here it stops the server.
    """
    runs_on = outlives_terminal()

    def started(arbiter: Any) -> None:
        stop = signal.SIG_IGN if runs_on else lambda *_: arbiter.signal(signal.SIGTERM, None)
        signal.signal(signal.SIGHUP, stop)
        when_ready()

    GunicornApplication(  # type: ignore[no-untyped-call]
        front, host, port, debug=False, worker_class=Worker, asgi_lifespan="off", threads=1,
        limit_request_line=LINE_LIMIT, keepalive=65, graceful_timeout=10, when_ready=started,
        control_socket_disable=True,  # it would be a file in the person's home, and the same for two bundles
        **hooks,
    ).run()  # fmt: skip


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker, for an application that is a `Front`."""

    asgi: Front

    def init_signals(self) -> None:
        """The server tells its worker to stop, so the worker must not die of a closed terminal before that."""
        super().init_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def _shutdown(self) -> None:
        while self.asgi.waiting:
            self.asgi.waiting.end_longest()
        await super()._shutdown()


class Connection(ASGIProtocol):  # type: ignore[misc]
    """Ends if a request's head is too late or too large, or if its client does not read the answer."""

    worker: Worker
    transport: Transport

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self._head_due: TimerHandle | None = None
        self._reader_due: TimerHandle | None = None
        self._head_size = 0

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._await_head()
        if self.worker.nr_conns > self.worker.asgi.limits.connections:
            self.worker.asgi.waiting.end_longest()

    def data_received(self, data: bytes) -> None:
        if self._current_request is None:
            self._head_size += len(data)
            if self._head_due is None:
                self._await_head()
        super().data_received(data)
        if self._current_request is None and self._head_size > self.worker.asgi.limits.head:
            self._send_error_response(431, "Request head too large")
            self._keepalive_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._reader_due = self._later(self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._reader_due:
            self._reader_due.cancel()
        super().resume_writing()

    def end(self) -> None:
        self._stop_waiting()
        self.transport.abort()
        self._request_ready.set()

    def _close_transport(self) -> None:
        super()._close_transport()
        if self.transport.get_write_buffer_size():
            self._reader_due = self._later(self.transport.abort)

    def _await_head(self) -> None:
        self._head_due = self._later(self.end)
        self.worker.asgi.waiting[self] = self.end

    def _on_headers_complete(self) -> bool:
        self._stop_waiting()
        self._head_size = 0
        return bool(super()._on_headers_complete())

    def _arm_keepalive_timer(self) -> None:
        super()._arm_keepalive_timer()
        self.worker.asgi.waiting[self] = self.end

    def _stop_waiting(self) -> None:
        self.worker.asgi.waiting.pop(self, None)
        if self._head_due:
            self._head_due.cancel()
            self._head_due = None

    def _later(self, callback: Callable[[], None]) -> TimerHandle:
        timer: TimerHandle = self.worker.loop.call_later(self.worker.asgi.limits.seconds, callback)
        return timer


gasgi.ASGIProtocol = Connection
