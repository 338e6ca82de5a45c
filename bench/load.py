"""A small load generator: N connections, each asking again as soon as it was answered; bounded by a count.

Requests are made beforehand, and of an answer only its status and its end are looked at: the load shares the machine's
cores with what it measures.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from statistics import quantiles


@dataclass(frozen=True)
class Load:
    """`statuses` holds what each request was answered with, 0 where there was no answer; `asked_at` when each was sent,
    or was due where the load has a pace (time.perf_counter).
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int
    p999_ms: float = 0.0
    statuses: list[int] = field(default_factory=list, repr=False)
    asked_at: list[float] = field(default_factory=list, repr=False)


def load(
    port: int, requests: list[bytes], connections: int, *, answered: Callable[[int], object] | None = None
) -> Load:
    """Send every one of *requests* (whole HTTP/1.1 requests), each once. *answered* is called after each answer, with
    their number. Where the server is gone, the rest stays unsent.
    """
    return asyncio.run(loading(port, requests, connections, answered=answered))


async def loading(
    port: int,
    requests: list[bytes],
    connections: int,
    *,
    per_second: float | None = None,
    answered: Callable[[int], object] | None = None,
) -> Load:
    """As `load`. With *per_second* the requests are due at that pace, and a time counts from when it was due: a server
    that is slow for a while does not get fewer of them.
    """
    run = _Run(requests, per_second, answered or (lambda _: None))
    await asyncio.gather(*(_ask_all(port, run) for _ in range(connections)))
    return run.result()


class _Run:
    def __init__(self, requests: list[bytes], per_second: float | None, answered: Callable[[int], object]) -> None:
        self.requests, self.answered = requests, answered
        self.every = 1 / per_second if per_second else 0.0
        self.began, self.next = time.perf_counter(), count()
        self.times: list[float] = []
        self.statuses, self.asked_at = [0] * len(requests), [0.0] * len(requests)
        self.is_over = not requests

    def take(self) -> tuple[int, float]:
        """The number of the next request, and the seconds until it is due."""
        number = next(self.next)
        if number >= len(self.requests):
            self.is_over = True
            return -1, 0.0
        now = time.perf_counter()
        self.asked_at[number] = due = self.began + number * self.every if self.every else now
        return number, due - now

    def note(self, number: int, status: int) -> None:
        self.times.append(time.perf_counter() - self.asked_at[number])
        self.statuses[number] = status
        self.answered(len(self.times))

    def result(self) -> Load:
        took = time.perf_counter() - self.began
        cuts = [cut * 1000 for cut in quantiles(self.times, n=1000)]
        failed = sum(not 200 <= status < 300 for status in self.statuses)
        return Load(len(self.times) / took, cuts[499], cuts[989], failed, cuts[998], self.statuses, self.asked_at)


async def _ask_all(port: int, run: _Run) -> None:
    loop = asyncio.get_running_loop()
    while not run.is_over:
        over = loop.create_future()
        try:
            await loop.create_connection(lambda over=over: _Connection(run, over), "127.0.0.1", port)  # type: ignore[misc]
        except OSError:
            return
        await over


class _Connection(asyncio.Protocol):
    """Lives until there is nothing to ask any more, or the server ends it."""

    def __init__(self, run: _Run, over: asyncio.Future[None]) -> None:
        self.run, self.over, self.got, self.number = run, over, b"", -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's, as loop promises for TCP
        self._ask()

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, _ = self.got.partition(b"\r\n\r\n")
        if not end or len(self.got) < len(head) + 4 + _length(head := head.lower()):
            return
        self.got = b""
        self.run.note(self.number, int(head[9:12]))
        if b"connection: close" in head:
            self.transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (lost is lost)
        if not self.over.done():
            self.over.set_result(None)

    def _ask(self) -> None:
        self.number, wait = self.run.take()
        if self.number < 0:
            self.transport.close()
        elif wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self.transport.write(self.run.requests[self.number])


def _length(head: bytes) -> int:
    return int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])


def http_request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
