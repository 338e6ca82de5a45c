"""A storm: thousands of critical alerts within ten seconds, the same one, alike or unlike; how long until all is done.

`python -m tests.torture.storm --backend emulators --alerts 3000`
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from shared.ports import Store
from tests.torture.bundles import BUNDLES
from tests.torture.receiver import receiver
from tests.torture.senders import Delivery, send_all, trouble, until


@dataclass
class Storm:
    """`drained` and `messages` count from the first webhook; `counted` is the sum of the alerts' own counts."""

    backend: str
    kind: str
    webhooks: int
    alerts: int
    sent_seconds: float
    handled_seconds: float
    drained_seconds: float
    accepted: int
    handled: int
    counted: int
    messages: int
    dead_letters: int


Kind = Literal["same", "alike", "unlike"]


def storm(backend: str, count: int, *, kind: Kind, within: float = 10.0, limit: float = 900) -> Storm:
    """*count* critical webhooks *within* so many seconds: of one alert, of as many of one rule, or of many rules."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-storm-")))
        phone = stack.enter_context(receiver())
        bundle = stack.enter_context(BUNDLES[backend](folder, phone.url))
        began = time.monotonic()
        sent = send_all(bundle.port, _deliveries(count, kind), per_second=count / within, limit=limit)
        took = [time.monotonic() - began]
        until(lambda: not _unhandled(bundle.store), seconds=limit, what="every event to be handled")
        took.append(time.monotonic() - began)
        until(lambda: not _waiting(bundle.store), seconds=limit, what="every message to be sent")
        took.append(time.monotonic() - began)
        alerts = list(bundle.store.query("alerts"))
        return Storm(
            backend, kind, count, len(alerts), *(round(one, 1) for one in took),
            accepted=sent.accepted,
            handled=bundle.store.count("events", where=[("state", "==", "handled")]),
            counted=sum(doc.data["count"] for doc in alerts),
            messages=sum(len(times) for times in phone.arrivals.values()),
            dead_letters=bundle.store.count("dead_letters"),
        )  # fmt: skip


def _deliveries(count: int, kind: Kind) -> list[Delivery]:
    rule = "" if kind == "unlike" else "Rule"
    return [trouble(n, 0 if kind == "same" else n, "critical", rule=rule) for n in range(count)]


def _unhandled(store: Store) -> int:
    return store.count("events", where=[("state", "==", "accepted")])


def _waiting(store: Store) -> int:
    moving = sum(store.count(name, where=[("due_at", ">", "")]) for name in ("outbox", "digests"))
    waits = sum(store.count("alerts", where=[(name, ">", "")]) for name in ("pending.place", "calls_at"))
    return moving + waits


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.torture.storm")
    parser.add_argument("--backend", choices=list(BUNDLES), default="embedded")
    parser.add_argument("--alerts", type=int, default=3000)
    given = parser.parse_args()
    for kind in get_args(Kind):
        found = storm(given.backend, given.alerts, kind=kind)
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        sys.stdout.flush()
