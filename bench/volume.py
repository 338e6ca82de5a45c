"""A full store beside an empty one, in interleaved rounds: what intake, routing and digest take on each.

`python -m bench.volume` (SQLite, a million events); `python -m bench.volume --emulator` (Firestore's, fifty thousand).
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from werkzeug.test import Client

from bench.serving import SECRET, prepare
from opos.emulators import emulators
from opos.gateway import load_functions, push_in_process
from shared import runtime, telemetry
from shared.adapters.local_bus.pump import Pump
from shared.events import day, document_id, iso
from shared.ports import Create, Form, Notice, Receipt, Store
from shared.runtime import Runtime, Settings
from shared.sources import standard_webhooks
from shared.waiting import count_waiting

ROUNDS = 200
STEPS = ("intake", "routing", "digest", "count")


class Nowhere:
    form: ClassVar[Form] = Form()

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002
        return Receipt("nowhere", datetime.now(UTC))

    def reach(self) -> bool:
        return False


@dataclass
class Bundle:
    runtime: Runtime
    intake: Client
    pump: Pump
    sent: int = 0

    def round(self) -> dict[str, float]:
        """Five events, of which the fifth closes the digest: the milliseconds of each step."""
        runtime.use(self.runtime)
        intake = sum(timed(self.accept) for _ in range(4)) / 4
        routing = timed(self.pump.drain) / 4
        self.accept()
        digest = timed(self.pump.drain)
        return {"intake": intake, "routing": routing, "digest": digest, "count": timed(self.count)}

    def count(self) -> None:
        """The one query of routing, alone: Firestore's emulator has no index, and looks at every alert for it."""
        count_waiting("digest", self.runtime.context())

    def accept(self) -> None:
        self.sent += 1
        data = {"title": "Trouble", "severity": "warning", "id": f"n{self.sent}"}
        body = json.dumps({"type": "trouble", "data": data}).encode()
        headers = standard_webhooks.SCHEME.sign(
            body, SECRET, now=datetime.now(UTC), delivery=f"n{self.sent}", event_type=""
        )
        answer = self.intake.post("/webhooks/app", data=body, headers={"content-type": "application/json", **headers})
        assert answer.status_code == 202, answer.text  # noqa: S101


def timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return (time.perf_counter() - began) * 1000


def make(folder: Path, store: Store | None) -> Bundle:
    folder.mkdir()
    found = Runtime(Settings.from_environment(prepare(folder)), channels={"desk": Nowhere()})
    if store is not None:
        found.__dict__["store"] = store
    functions = load_functions()
    telemetry.configure(level="error")
    return Bundle(found, Client(functions["webhook_intake"]), Pump(found.local_bus, push_in_process(functions)))


def fill(store: Store, events: int) -> float:
    """Write *events* that were handled, a tenth as many alerts that are over, and messages; the seconds it took."""
    began = time.monotonic()
    batch: list[Create] = []
    for write in history(events):
        batch.append(write)
        if len(batch) == 400:
            store.commit(batch)
            batch = []
    store.commit(batch)
    return time.monotonic() - began


def history(events: int) -> Iterator[Create]:
    start = datetime.now(UTC) - timedelta(days=365)
    for n in range(events):
        at = start + timedelta(days=365) * n / events
        id = document_id("history", str(n))
        decision = {"alert": id, "path": "digest", "reason": "warning, waits for the digest"}
        yield Create(f"events/{id}", {
            "contract": "event/1", "id": id, "source": "app", "type": "trouble", "delivery_id": str(n), "subject": "T",
            "received_at": iso(at), "day": day(at), "owner": "me@example.com", "trace": id, "headers": {},
            "body": "{}" * 100, "body_encoding": "utf-8", "body_sha256": id, "quarantine": None, "state": "handled",
            "republished": {"count": 0, "at": None},
            "handled": {"alert_router": {"at": iso(at), "decisions": [decision]}},
        })  # fmt: skip
        if n % 10 == 0:
            yield Create(f"alerts/{id}", {"state": "resolved", "severity": "warning", "count": 1, "pending": None})
            yield Create(f"digests/{id}", {"state": "sent", "due_at": None, "created_at": iso(at), "members": [id]})


def compare(stores: dict[str, Bundle]) -> dict[str, Any]:
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in stores}
    for _ in range(ROUNDS):
        for name, bundle in stores.items():
            rounds[name].append(bundle.round())
    middle = {name: {step: median(one[step] for one in found) for step in STEPS} for name, found in rounds.items()}
    return middle | {"ratio": {step: middle["full"][step] / middle["empty"][step] for step in STEPS}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.volume")
    parser.add_argument("--emulator", action="store_true")
    parser.add_argument("--events", type=int)
    given = parser.parse_args()
    count = given.events or (50_000 if given.emulator else 1_000_000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        kept: dict[str, Store | None] = {"empty": None, "full": None}
        if given.emulator:
            from shared.adapters.firestore.store import connect

            address = stack.enter_context(emulators(folder)).firestore
            kept = {name: connect(f"demo-{name}", "(default)", address) for name in kept}
        stores = {name: make(folder / name, store) for name, store in kept.items()}
        took = fill(stores["full"].runtime.store, count)
        print(f"{count:,} events written in {took:.0f} s")
        for name, found in compare(stores).items():
            print(f"{name:<6}", "  ".join(f"{step} {value:.2f}" for step, value in found.items()))
        print("medians in ms: intake and routing of one event; digest: routing of a fifth, and sending all five;")
        print("count: the one query of routing, which is part of it, and of the digest twice")


if __name__ == "__main__":
    main()
