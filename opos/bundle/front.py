"""The front of a bundle on this machine: it reads each request whole, and only then gives it a thread.

A sender that is slow, or stops halfway, therefore costs some memory for a while, and never a thread.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from werkzeug.test import run_wsgi_app

from opos.bundle.environ import environ
from opos.bundle.waiting import Waiting
from shared.errors import OposError, Unavailable
from shared.runtime.entry import BODY_LIMIT, READING_TIME, too_slow
from shared.values.http import HttpResponse, error_response

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Note = Callable[[OposError, Scope], None]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What strangers may use of this process. Sizes are in bytes."""

    seconds: float = READING_TIME
    """For the head of a request, again for its body, and for the reader of an answer to take the next part of it."""
    head: int = 32 * 1024
    connections: int = 500
    bodies: int = 64 * 1024 * 1024
    """Of all requests together."""
    threads: int = 16


LIMITS = Limits()


def _note_nothing(fault: OposError, scope: Scope) -> None:
    """Of a proxy, which has no store."""


class Left(Exception):
    """The sender has left, or gunicorn has rejected what it sent."""


class Front:
    """Serves the WSGI *application* as an ASGI application. *note* gets each request that never arrived whole."""

    def __init__(self, application: WSGI, limits: Limits, note: Note = _note_nothing) -> None:
        self.limits = limits
        self._note = note
        self.waiting = Waiting()
        self._application = application
        self._held = 0
        self._threads = ThreadPoolExecutor(limits.threads, "request")
        self._liveness = ThreadPoolExecutor(1, "liveness")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        body = bytearray()
        try:
            await _reply(await self._answer(scope, receive, body), send)
        except Left:
            return
        finally:
            self._held -= len(body)
            body.clear()  # a call that was cancelled keeps its place, and its body, until a thread comes to it

    async def _answer(self, scope: Scope, receive: Receive, body: bytearray) -> Answer:
        due = asyncio.get_running_loop().time() + self.limits.seconds
        try:
            await self._fill(body, receive)
        except TimeoutError:
            is_late = asyncio.get_running_loop().time() >= due
            fault = too_slow(self.limits.seconds) if is_late else Unavailable("Too many requests are waiting.")
            self._threads.submit(self._note, fault, scope)
            return _answer_of(error_response(fault), ("connection", "close"))
        threads = self._liveness if scope["path"] == "/livez" else self._threads
        return await asyncio.get_running_loop().run_in_executor(threads, self._run, scope, body)

    async def _fill(self, body: bytearray, receive: Receive) -> None:
        """Reads the body to its end, since a sender may listen only then, but keeps no more than one byte too many."""
        async with asyncio.timeout(self.limits.seconds) as deadline:
            self.waiting[deadline] = partial(_end, deadline)
            try:
                while await self._more(body, receive):
                    if deadline.expired():  # asyncio.wait_for of Python 3.11 may swallow the cancellation
                        raise TimeoutError
            finally:
                self.waiting.pop(deadline, None)

    async def _more(self, body: bytearray, receive: Receive) -> bool:
        """Adds the next part to *body*; whether there are more."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Left
        part = message["body"][: BODY_LIMIT + 1 - len(body)]
        body += part
        self._held += len(part)
        if self._held > self.limits.bodies:
            self.waiting.end_longest(asyncio.Timeout)
        return bool(message["more_body"])

    def _run(self, scope: Scope, body: bytearray) -> Answer:
        request = environ(scope, BytesIO(body))
        parts, status, headers = run_wsgi_app(self._application, request, buffered=True)
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return int(status.partition(" ")[0]), encoded, b"".join(parts)


def _end(deadline: asyncio.Timeout) -> None:
    if not deadline.expired():  # else it is ending, and must not change
        deadline.reschedule(0)


def _answer_of(response: HttpResponse, *more: tuple[str, str]) -> Answer:
    headers = [*response.headers.items(), ("content-length", str(len(response.body))), *more]
    return response.status, [(name.encode(), value.encode()) for name, value in headers], response.body


async def _reply(answer: Answer, send: Send) -> None:
    status, headers, body = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
