"""Durable intake: a signed webhook of 1 kB is verified, kept once and for good, published, and only then answered.

Beside it: the limit, a bare function on the same server that is sent the same requests; Debian's `webhook`, which
verifies the HMAC of the body and runs a command, once one that keeps the body in a file and once one that does nothing;
and n8n's Webhook node on SQLite, which saves each execution. Rounds are interleaved. Then each that keeps is killed
(SIGKILL, all its processes) in the middle of a load and started again on its data, and what it had answered is counted.

Not fair: hello neither reads the body nor keeps anything. `webhook` starts a program for each request; it has no
delivery that is known by its sender's id, no routing afterwards, and no second table to publish in. n8n verifies no
signature here, since its node has none, and answers before it has saved; of its two expression engines the faster one
is measured (bench/rivals/n8n.py says why). `webhook` and n8n are sent fewer requests a round, so that their p99.9 is
nearly the longest. The load comes from the same two cores, so ratios mean more than absolutes.
"""

import hashlib
import hmac
import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Load, http_request, load
from bench.peers import Missing
from bench.result import Goal, Result, Table
from bench.rivals import n8n, ours, webhook
from bench.rivals.contestant import Contestant
from bench.rivals.group import kill, memory_mib
from bench.rivals.ours import HELLO, OPOS
from bench.serving import SECRET, Server
from shared.sources.senders import standard_webhooks

ROUNDS, REQUESTS, CONNECTIONS = 5, 2000, 16
ALL_CONNECTIONS = (1, 16, 64)
Found = dict[str, dict[str, list[float]]]


def measure(*, quick: bool) -> Result:
    entered, missing = contestants()
    rounds, requests = (2, 100) if quick else (ROUNDS, REQUESTS)
    with ExitStack() as stack:
        folders = {one.name: _folder(stack) for one in entered}
        killed = {one.name: survivors(one, folders[one.name], requests) for one in entered if one.kept}
        servers = [(one, stack.enter_context(one.start(folders[one.name]))) for one in entered]
        for one, server in servers:
            _asked(one, server, "warm", requests // 10, CONNECTIONS)
        tables = [compared(servers, connections, rounds, requests) for connections in ALL_CONNECTIONS]
    survived = Table("answered before a SIGKILL", killed)
    versions = {name: version for one in entered for name, version in one.versions.items()}
    return Result([*tables, survived], goals(tables[1], survived), missing, versions)


def contestants() -> tuple[list[Contestant], dict[str, str]]:
    found, missing = ours.contestants(), {}
    for name, peer in {"webhook": webhook.contestants, "n8n": n8n.contestants}.items():
        try:
            found += peer()
        except Missing as fault:
            missing[name] = str(fault)
    return found, missing


def compared(servers: list[tuple[Contestant, Server]], connections: int, rounds: int, requests: int) -> Table:
    found: Found = {}
    for number in range(rounds):
        for one, server in servers:
            name = f"{connections}-{number}"
            measured = _asked(one, server, name, requests, connections)
            _note(found.setdefault(one.name, {}), measured, memory_mib(server))
    title = f"{connections} connection{'s' if connections > 1 else ''}"
    return Table(title, found, (("requests/s", HELLO), ("p99 ms", HELLO)))


def _asked(one: Contestant, server: Server, name: str, requests: int, connections: int) -> Load:
    return load(server.port, webhooks(name, max(int(requests * one.share), connections), one.path), connections)


def _note(row: dict[str, list[float]], measured: Load, memory: float) -> None:
    values = {
        "requests/s": measured.per_second, "p50 ms": measured.p50_ms, "p99 ms": measured.p99_ms,
        "p99.9 ms": measured.p999_ms, "failed": measured.failed, "MiB": memory,
    }  # fmt: skip
    for measure, value in values.items():
        row.setdefault(measure, []).append(value)


def survivors(one: Contestant, folder: Path, requests: int) -> dict[str, list[float]]:
    """What became of the deliveries that were answered with 2xx before all its processes were killed."""
    accepted = _killed(one, folder, max(int(requests * one.share), 100))
    with one.start(folder):
        kept = accepted & _kept_by(one)(folder)
    found = {"accepted": len(accepted), "kept": len(kept), "lost": len(accepted - kept)}
    if one.name == OPOS:
        found["on the bus"] = len(ours.on_the_bus(folder, accepted))
        ours.sweep_later(folder)
        found["after a sweep"] = len(ours.on_the_bus(folder, accepted))
    return {measure: [value] for measure, value in found.items()}


def _killed(one: Contestant, folder: Path, requests: int) -> set[str]:
    """The ids that were answered until a third of them was, and it was killed amid the others."""
    with one.start(folder) as server:
        sent = webhooks("killed", requests, one.path)
        done = load(server.port, sent, CONNECTIONS, answered=lambda n: kill(server) if n == requests // 3 else None)
        return {f"killed-{n}" for n, status in enumerate(done.statuses) if 200 <= status < 300}


def _kept_by(one: Contestant) -> Callable[[Path], set[str]]:
    if one.kept is None:
        raise ValueError(f"{one.name} keeps nothing")
    return one.kept


def goals(middle: Table, killed: Table) -> list[Goal]:
    speed, p99 = (middle.ratio(OPOS, HELLO, measure) for measure in ("requests/s", "p99 ms"))
    unpublished = killed.middle(OPOS, "accepted") - killed.middle(OPOS, "after a sweep")
    return [
        Goal(f"requests/s / hello at {CONNECTIONS} connections", speed, 0.6, at_least=True),
        Goal(f"p99 / hello's at {CONNECTIONS} connections", p99, 3),
        Goal("accepted, and lost by a SIGKILL", killed.middle(OPOS, "lost"), 0),
        Goal("accepted, and not on the bus after a sweep", unpublished, 0),
    ]


def webhooks(name: int | str, count: int = REQUESTS, path: str = "/webhooks/app") -> list[bytes]:
    """Requests that ours and `webhook` take for signed, each of another delivery, *name*-0 and so on."""
    return [_webhook(f"{name}-{n}", path) for n in range(count)]


def _webhook(id: str, path: str) -> bytes:
    data = {"title": f"Trouble {id}", "severity": "warning", "id": id, "pad": "x" * 900}
    body = json.dumps({"type": "trouble", "data": data}).encode()
    signed = standard_webhooks.SCHEME.sign(body, SECRET, now=datetime.now(UTC), delivery=id, event_type="")
    plain = f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    return http_request("POST", path, body, {"content-type": "application/json", "x-signature": plain, **signed})


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
