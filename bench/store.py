"""What the Store does, on each adapter: the fake, SQLite, and Firestore where its emulator is there; and both buses.

An event is created as the intake writes it (1 kB of body), and a batch is what the router commits for it. Beside the
adapters, in the same rounds, their limits: the same text put into one table without an index by plain sqlite3, as
durably (WAL, synchronous=FULL); and Firestore's own client, given a finished request.

Not fair: the fake keeps nothing and copies all it has at each commit, so it is quick only while it is small. An
emulator keeps its data in memory, has no index, and no network before it: its figures say what our adapter adds, and
nothing of Google's Firestore. The limits make no JSON, and plain sqlite3 knows of no versions.
"""

import json
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles

from bench.result import Result, Rows, Table
from bench.routing import document
from opos.bundle.emulators import PROJECT, emulators, missing
from shared.adapters.local_bus.bus import LocalBus
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.events import Event, document_id, iso
from shared.ports import Bus, Create, Store, Update, Write
from shared.runtime.clock import SystemClock, new_id
from shared.services.intake.acceptance import announcement, keep
from tests.support.fakes import FakeBus, FakeStore

ROUNDS, EACH, THREADS, MESSAGES = 7, 320, 16, 1000
FAKE, SQLITE, FIRESTORE = "fake", "SQLite", "Firestore's emulator"
PLAIN, RAW = "limit: plain sqlite3", "limit: Firestore's client"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
Calls = Sequence[Callable[[], object]]
Insert = Callable[[str, str], object]
Prepare = Callable[[int], Calls]
"""Makes so many calls ready."""
_numbers = count()


def event() -> Event:
    number = str(next(_numbers))
    return Event(
        id=document_id("bench", number), source="app", type="trouble", delivery_id=number, received_at=NOW,
        owner="me@example.com", trace=number, subject="Trouble", body="x" * 1000, body_sha256=number,
    )  # fmt: skip


def _events(times: int) -> list[Create]:
    return [keep(event()) for _ in range(times)]


@dataclass
class Kept:
    """One adapter, with a thousand messages that were sent; each operation is prepared before it is timed."""

    store: Store
    version: str = field(init=False)

    def __post_init__(self) -> None:
        sent = {"state": "sent", "created_at": iso(NOW), "due_at": None, "attempts": 1, "title": "Trouble"}
        for first in range(0, MESSAGES, 250):
            self.store.commit([Create(f"outbox/{n:05}", sent) for n in range(first, first + 250)])
        self.version = self.store.commit([Create("alerts/same", document(0))])["alerts/same"]

    def create(self, times: int) -> Calls:
        return [self._committing(one) for one in _events(times)]

    def _committing(self, *writes: Write) -> Callable[[], object]:
        return partial(self.store.commit, writes)

    def get(self, times: int) -> Calls:
        return [partial(self.store.get, f"outbox/{n % MESSAGES:05}") for n in range(times)]

    def update(self, times: int) -> Calls:
        return [self._update] * times

    def _update(self) -> None:
        change = Update("alerts/same", {"count": next(_numbers)}, self.version)
        self.version = self.store.commit([change])["alerts/same"]

    def batch(self, times: int) -> Calls:
        """An event is marked as handled, and its alert begins."""
        handled = {"at": iso(NOW), "decisions": [{"alert": "a", "path": "digest", "reason": "warning and new"}]}
        kept = _events(times)
        versions = {path: version for one in kept for path, version in self.store.commit([one]).items()}
        marks = [
            Update(path, {"handled.alert_router": handled, "state": "handled"}, at) for path, at in versions.items()
        ]
        alerts = [Create(one.path.replace("events", "alerts"), document(0)) for one in kept]
        return [self._committing(*both) for both in zip(marks, alerts, strict=True)]

    def query(self, times: int) -> Calls:
        return [lambda: list(self.store.query("outbox", where=[("state", "==", "sent")], limit=20))] * times

    def count(self, times: int) -> Calls:
        return [partial(self.store.count, "outbox", where=[("state", "==", "sent")])] * times


OPERATIONS: dict[str, tuple[Callable[[Kept, int], Calls], int]] = {
    "create": (Kept.create, 1),
    f"create, {THREADS} threads": (Kept.create, THREADS),
    "get": (Kept.get, 1),
    "update at its version": (Kept.update, 1),
    "batch of the router": (Kept.batch, 1),
    "query, 20 of 1,000": (Kept.query, 1),
    "count 1,000": (Kept.count, 1),
}


def plain(stack: ExitStack, folder: Path) -> Insert:
    """Puts the finished text of a document into a table; threads take turns."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None, check_same_thread=False)
    stack.enter_context(closing(connection))
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE docs (path, data);")
    turns = threading.Lock()

    def insert(path: str, text: str) -> None:
        with turns:
            connection.execute("INSERT INTO docs VALUES (?, ?)", (path, text))

    return insert


def plain_creates(insert: Insert, times: int) -> Calls:
    return [partial(insert, one.path, json.dumps(one.data)) for one in _events(times)]


def raw_creates(store: Store, times: int) -> Calls:
    from google.cloud.firestore_v1.types import document as types
    from google.cloud.firestore_v1.types.firestore import CreateDocumentRequest

    from shared.adapters.firestore.store import FirestoreStore
    from shared.adapters.firestore.values import encode_fields

    def request(one: Create) -> CreateDocumentRequest:
        made = types.Document.wrap(types.Document.pb()(fields=encode_fields(one.data)))
        where = {"parent": documents, "collection_id": "raw", "document_id": one.path.partition("/")[2]}
        return CreateDocumentRequest(document=made, **where)

    assert isinstance(store, FirestoreStore)  # noqa: S101
    documents, client = store.documents, store.client
    return [partial(client.create_document, request(one)) for one in _events(times)]


def timed(calls: Calls, threads: int) -> Iterator[tuple[str, float]]:
    """Operations a second, and the milliseconds of one, of which the threads' waiting for each other is part."""

    def milliseconds(call: Callable[[], object]) -> float:
        began = time.perf_counter()
        call()
        return (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(len, [()] * threads))
        began = time.perf_counter()
        taken = list(pool.map(milliseconds, calls)) if threads > 1 else [milliseconds(call) for call in calls]
        seconds = time.perf_counter() - began
    cuts = quantiles(taken, n=100)
    yield from {"ops/s": len(calls) / seconds, "p50 ms": cuts[49], "p99 ms": cuts[98]}.items()


def compare(cases: Mapping[str, Prepare], threads: int, *, quick: bool) -> Rows:
    found: dict[str, dict[str, list[float]]] = {name: {} for name in cases}
    for _ in range(2 if quick else ROUNDS):
        for name, prepare in cases.items():
            for measure, value in timed(prepare(THREADS if quick else EACH), threads):
                found[name].setdefault(measure, []).append(value)
    return found


def tables(kept: Mapping[str, Kept], limits: dict[str, Prepare], *, quick: bool) -> Iterator[Table]:
    """One for each operation; those that create an event are followed by one for each adapter that has a limit."""
    for name, (prepare, threads) in OPERATIONS.items():
        cases: dict[str, Prepare] = {adapter: partial(prepare, one) for adapter, one in kept.items()}
        found = compare(cases | (limits if prepare is Kept.create else {}), threads, quick=quick)
        yield Table(name, {adapter: found[adapter] for adapter in kept})
        yield from _beside(name, found)


def _beside(name: str, found: Rows) -> Iterator[Table]:
    for adapter, limit in ((SQLITE, PLAIN), (FIRESTORE, RAW)):
        if limit in found:
            pair = {one: found[one] for one in (adapter, limit)}
            yield Table(f"{name}, beside the limit", pair, (("ops/s", limit), ("p99 ms", limit)))


def publishing(buses: Mapping[str, Bus], threads: int, *, quick: bool) -> Table:
    def messages(bus: Bus, times: int) -> Calls:
        made = [announcement(event(), (), version="1") for _ in range(times)]
        return [partial(bus.publish, message) for message in made]

    cases = {name: partial(messages, bus) for name, bus in buses.items()}
    name = "publish" if threads == 1 else f"publish, {threads} threads"
    return Table(name, compare(cases, threads, quick=quick))


def google(stack: ExitStack, folder: Path) -> tuple[Store, Bus]:
    """The adapters on the emulators, with the topic that is published on."""
    from shared.adapters.firestore.store import connect
    from shared.adapters.pubsub.bus import connect as connect_bus

    running = stack.enter_context(emulators(folder))
    bus = connect_bus(PROJECT, running.pubsub)
    bus.client.create_topic(name=f"projects/{PROJECT}/topics/events")
    return connect(PROJECT, "(default)", running.firestore), bus


def absent() -> dict[str, str]:
    lacking = missing()
    return {FIRESTORE: f"not installed: {', '.join(lacking)}"} if lacking else {}


def measure(*, quick: bool) -> Result:
    without = absent()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        database = stack.enter_context(closing(Database(folder / "opos.db")))
        stores: dict[str, Store] = {FAKE: FakeStore(), SQLITE: SqliteStore(database)}
        buses: dict[str, Bus] = {FAKE: FakeBus(), "local": LocalBus(database, SystemClock(), new_id)}
        if not without:
            stores[FIRESTORE], buses["Pub/Sub's emulator"] = google(stack, folder)
        kept = {name: Kept(store) for name, store in stores.items()}
        limits: dict[str, Prepare] = {PLAIN: partial(plain_creates, plain(stack, folder))}
        if FIRESTORE in stores:
            limits[RAW] = partial(raw_creates, stores[FIRESTORE])
        found = list(tables(kept, limits, quick=quick))
        found += [publishing(buses, threads, quick=quick) for threads in (1, THREADS)]
    return Result(found, missing=without)
