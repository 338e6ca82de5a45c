"""A small load generator: N connections, each asking again as soon as it was answered; bounded by a count."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Load:
    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


def load(port: int, requests: list[bytes], connections: int) -> Load:
    """Send every one of *requests* (whole HTTP/1.1 requests), each once."""
    return asyncio.run(_load(port, requests, connections))


async def _load(port: int, requests: list[bytes], connections: int) -> Load:
    waiting, times, failed = iter(requests), [], []
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, times, failed) for _ in range(connections)))
    took = time.perf_counter() - began
    cuts = quantiles(times, n=100)
    return Load(len(times) / took, cuts[49] * 1000, cuts[98] * 1000, len(failed))


async def _connection(port: int, waiting: Iterator[bytes], times: list[float], failed: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        status = int(head[9:12])
        if status >= 300:
            failed.append(status)
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def http_request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
