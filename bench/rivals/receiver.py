"""What pages are handed to: answers each request, and notes when it had the whole of one that names a token."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TOKEN = re.compile(rb"critical-[a-z]+-[0-9]+-[0-9]+")
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}"
Seen = dict[str, float]


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[int, Seen]]:
    """Its port on the loopback, and for each token the time.perf_counter of its first request."""
    seen: Seen = {}
    server = await asyncio.get_running_loop().create_server(lambda: _Request(seen), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()


class _Request(asyncio.Protocol):
    def __init__(self, seen: Seen) -> None:
        self.seen, self.got = seen, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's, as it is for TCP

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, body = self.got.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        at, self.got = time.perf_counter(), b""
        for token in TOKEN.findall(body):
            self.seen.setdefault(token.decode(), at)
        self.transport.write(_ANSWER)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
