"""A storm: thousands of firing alerts within ten seconds, of one fingerprint or of as many; how long until all is done.

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

from shared.ports import Store
from tests.torture.bundles import BUNDLES
from tests.torture.receiver import receiver
from tests.torture.senders import Delivery, send_all, trouble, until


@dataclass
class Storm:
    """`drained` and `messages` count from the first webhook; `counted` is the sum of the alerts' own counts."""

    backend: str
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


def storm(backend: str, count: int, *, same: bool, within: float = 10.0, limit: float = 900) -> Storm:
    """*count* critical webhooks *within* so many seconds: of one alert, or each of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-storm-")))
        phone = stack.enter_context(receiver())
        bundle = stack.enter_context(BUNDLES[backend](folder, phone.url))
        began = time.monotonic()
        sent = send_all(bundle.port, _deliveries(count, same=same), per_second=count / within, limit=limit)
        took = [time.monotonic() - began]
        until(lambda: not _unhandled(bundle.store), seconds=limit, what="every event to be handled")
        took.append(time.monotonic() - began)
        until(lambda: not _waiting(bundle.store), seconds=limit, what="every message to be sent")
        took.append(time.monotonic() - began)
        alerts = list(bundle.store.query("alerts"))
        return Storm(
            backend, count, len(alerts), *(round(one, 1) for one in took),
            accepted=sent.accepted,
            handled=bundle.store.count("events", where=[("state", "==", "handled")]),
            counted=sum(doc.data["count"] for doc in alerts),
            messages=sum(len(times) for times in phone.arrivals.values()),
            dead_letters=bundle.store.count("dead_letters"),
        )  # fmt: skip


def _deliveries(count: int, *, same: bool) -> list[Delivery]:
    return [trouble(n, 0 if same else n, "critical") for n in range(count)]


def _unhandled(store: Store) -> int:
    return store.count("events", where=[("state", "==", "accepted")])


def _waiting(store: Store) -> int:
    moving = sum(store.count(name, where=[("due_at", ">", "")]) for name in ("outbox", "digests"))
    return moving + store.count("alerts", where=[("pending.queue", ">", "")])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.torture.storm")
    parser.add_argument("--backend", choices=list(BUNDLES), default="embedded")
    parser.add_argument("--alerts", type=int, default=3000)
    given = parser.parse_args()
    for same in (True, False):
        found = storm(given.backend, given.alerts, same=same)
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        sys.stdout.flush()
