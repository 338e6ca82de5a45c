"""HTTP connections that wait for their sender on the event loop: they hold no thread, and not longer than allowed.

gunicorn's own ASGI worker parses requests strictly, but gives a sender all the time in the world.
"""

from asyncio import BaseTransport, TimerHandle, Transport
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from opos.bundle.front import Front


class Worker(gasgi.ASGIWorker):
    """gunicorn's worker, for an application that is a `Front`."""

    asgi: Front

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.idle: dict[Connection, None] = {}
        """Connections without a request, or with part of its head; the longest-waiting first."""

    def make_room(self) -> None:
        """Ends what has waited longest for its sender, if there are more connections than allowed."""
        if self.nr_conns <= self.asgi.limits.connections:
            return
        if self.idle:
            next(iter(self.idle)).end()
        else:
            self.asgi.end_slowest()

    async def _shutdown(self) -> None:
        for connection in list(self.idle):
            connection.end()
        await super()._shutdown()


class Connection(ASGIProtocol):
    """Ends if a request's head is too late or too large, or if its reader takes the answer too slowly."""

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
        self.worker.make_room()

    def data_received(self, data: bytes) -> None:
        if self._current_request is None:
            self._head_due or self._await_head()
            self._head_size += len(data)
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

    def _await_head(self) -> None:
        self._head_due, self._head_size = self._later(self.end), 0
        self.worker.idle[self] = None

    def _on_headers_complete(self) -> bool:
        self._stop_waiting()
        return bool(super()._on_headers_complete())

    def _arm_keepalive_timer(self) -> None:
        super()._arm_keepalive_timer()
        self.worker.idle[self] = None

    def _stop_waiting(self) -> None:
        self.worker.idle.pop(self, None)
        if self._head_due:
            self._head_due.cancel()
            self._head_due = None

    def _later(self, callback: Any) -> TimerHandle:
        timer: TimerHandle = self.worker.loop.call_later(self.worker.asgi.limits.seconds, callback)
        return timer


gasgi.ASGIProtocol = Connection  # the worker has no setting for the class of its connections
