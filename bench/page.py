"""From a webhook sent to its page handed to the receiver: the whole embedded bundle beside Debian's Alertmanager.

Both have the same receiver, a small HTTP server of the bench: from when the request was due to when the receiver had
all of the page's. In three situations: idle, one each 50 ms; under half load, while others that page nobody come at
half the rate that each has taken from 16 connections just before; and with 100,000 alerts open. Rounds are interleaved.
"s to the end" is how long after the last of the load nothing was waiting any more.

Not fair: Alertmanager keeps alerts in memory only, and what it has taken and not yet told is lost with its process; it
verifies nothing, and tells the same alert again only after hours. Ours verifies a signature and writes three times to
the disk on the way of a page: the event, the decision with its page, and the receipt. Half load is half of its own rate
for each, so they are not sent the same; Alertmanager's is bounded by the load generator. Both start with group_wait 0
or what does the same, so that neither waits for more of the same. The load, the receiver and both share two cores.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

from bench.load import Load, loading
from bench.peers import Missing
from bench.result import Goal, Result, Table
from bench.rivals.alertmanager import NAME as PEER
from bench.rivals.alertmanager import alertmanager
from bench.rivals.bundle import NAME as OPOS
from bench.rivals.bundle import bundle
from bench.rivals.desk import Desk
from bench.rivals.group import memory_mib
from bench.rivals.receiver import Seen, receiving

ROUNDS, EACH_SECOND, CONNECTIONS = 3, 20, 16
Row = dict[str, float]
PATIENCE = 60
"""Seconds that pages, and what else was taken, are waited for."""


def measure(*, quick: bool) -> Result:
    return asyncio.run(_measure(*(2, 10, 100, 1000) if quick else (ROUNDS, 160, 2000, 100_000)))


async def _measure(rounds: int, pages: int, requests: int, alerts: int) -> Result:
    with ExitStack() as stack:
        async with receiving() as (port, seen):
            desks, missing = _start(stack, port)
            await _each(desks, 1, lambda one, _: _timed(one, seen, "warm-0", pages))
            idle = await _each(desks, rounds, lambda one, n: _timed(one, seen, f"idle-{n}", pages))
            half = await _each(desks, rounds, lambda one, n: _half_load(one, seen, f"half-{n}", pages, requests))
            for one in desks:
                one.fill(alerts)
            full = await _each(desks, rounds, lambda one, n: _timed(one, seen, f"full-{n}", pages))
    tables = {"idle": idle, "under half load": half, f"{alerts:,} open alerts": full}
    return Result(
        [Table(title, rows, _ratios(desks)) for title, rows in tables.items()],
        _goals(*(Table("", rows) for rows in (idle, half))),
        missing,
        {name: version for one in desks for name, version in one.versions.items()},
    )


def _start(stack: ExitStack, port: int) -> tuple[list[Desk], dict[str, str]]:
    desks = [stack.enter_context(bundle(_folder(stack), port))]
    try:
        return [*desks, stack.enter_context(alertmanager(_folder(stack), port))], {}
    except Missing as fault:
        return desks, {PEER.partition(": ")[2]: str(fault)}


async def _each(
    desks: list[Desk], rounds: int, run: Callable[[Desk, int], Awaitable[Row]]
) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {one.name: {} for one in desks}
    for number in range(rounds):
        for one in desks:
            for measure, value in (await run(one, number)).items():
                found[one.name].setdefault(measure, []).append(value)
    return found


async def _timed(one: Desk, seen: Seen, name: str, pages: int) -> Row:
    tokens = [f"critical-{one.name.partition(':')[0]}{name}-{n}" for n in range(pages)]
    requests = [one.request(token, "critical") for token in tokens]
    sent = await loading(one.server.port, requests, 4, per_second=EACH_SECOND)
    await _until(lambda: seen.keys() >= set(tokens))
    return _row(tokens, sent, seen) | {"MiB": memory_mib(one.server)}


async def _half_load(one: Desk, seen: Seen, name: str, pages: int, requests: int) -> Row:
    rate = (await _calm(one, f"rate-{name}", requests)).per_second / 2
    await _until(lambda: not one.waiting())
    busy = asyncio.create_task(_calm(one, f"calm-{name}", int(rate * pages / EACH_SECOND), rate))
    row = await _timed(one, seen, name, pages)
    others = await busy
    await _until(lambda: not one.waiting())
    end = {"s to the end": time.perf_counter() - others.asked_at[-1]} if one.tells_waiting else {}
    return row | {"load/s": rate, "load failed": others.failed} | end


async def _calm(one: Desk, name: str, count: int, per_second: float | None = None) -> Load:
    """A load that pages nobody."""
    requests = [one.request(f"{name}-{n}", "warning") for n in range(count)]
    return await loading(one.server.port, requests, CONNECTIONS, per_second=per_second)


def _row(tokens: list[str], sent: Load, seen: Seen) -> Row:
    took = [(seen[token] - at) * 1000 for token, at in zip(tokens, sent.asked_at, strict=True) if token in seen]
    if len(took) < len(tokens) / 2:
        raise RuntimeError(f"expected {len(tokens)} pages within {PATIENCE} s, found {len(took)}")
    cuts = quantiles(took, n=100, method="inclusive")
    return {"p50 ms": cuts[49], "p99 ms": cuts[98], "longest ms": max(took), "not paged": len(tokens) - len(took)}


async def _until(holds: Callable[[], bool]) -> None:
    """Or until nobody waits for it any more."""
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:  # noqa: ASYNC110  (a database of another process tells no event)
        await asyncio.sleep(0.02)


def _ratios(desks: list[Desk]) -> tuple[tuple[str, str], ...]:
    beside = [one.name for one in desks if one.name == PEER]
    return tuple((measure, name) for name in beside for measure in ("p50 ms", "p99 ms", "longest ms", "MiB"))


def _goals(idle: Table, half: Table) -> list[Goal]:
    return [
        Goal("idle, p50 ms", idle.middle(OPOS, "p50 ms"), 10),
        Goal("idle, p99 ms", idle.middle(OPOS, "p99 ms"), 50),
        Goal("under half load, p99 ms", half.middle(OPOS, "p99 ms"), 200),
        Goal("critical ones that were not paged", sum(sum(one.rows[OPOS]["not paged"]) for one in (idle, half)), 0),
    ]


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
