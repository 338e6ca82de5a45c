"""What a record costs: to change, to read, to list 50 of, and to see as it was; at 1,000 records and at 1,000,000.

Beside it, in the same rounds, with a disk that is as sure of each commit (WAL, synchronous=FULL): `eventsourcing` from
PyPI with its SQLite module, which also keeps every change, and plain SQL rows in one table without history, the limit.
A change of opos reads the record and writes it, its change, its lists and its announcement in one commit. The past is
that of a record with 100 changes, half of them later. With OPOS_BENCH_EMULATOR in the environment, 50,000 records are
stored on Firestore's emulator, too.

Not fair: `eventsourcing` makes a record from its changes, so it has no lists, no keys, and nothing to find a record by
but its id; nor does it know who changed a field last. Plain rows check no type, and two writers overwrite each other.
A store that was just filled is warm, and its file lies in one piece. The emulator looks at every document of a
collection, so a list there grows with it.
"""

import json
import os
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

from bench.growth import timed, write
from bench.peers import Missing, pypi
from bench.result import Goal, Result, Table
from bench.serving import ROOT, prepare
from opos.bundle.emulators import emulators
from shared.events import iso
from shared.ports import Create, Doc, Store
from shared.records.change import Actor, Cause
from shared.records.kind import Kind
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.records.edits import create, edit
from shared.services.records.listing import listed
from shared.services.records.past import body_at
from shared.services.records.record import stored
from shared.telemetry import setup as telemetry

PEER = "eventsourcing==9.5.6"
OPOS, EVENTSOURCING, PLAIN = "opos", "eventsourcing", "limit: plain rows"
FEW, MANY, ON_EMULATOR, DEPTH = 1_000, 1_000_000, 50_000, 100
ROUNDS, EACH = 30, 20
"""Operations of each sort in a round."""
ME = Cause(Actor(kind="person", name="me@example.com"), reason="A bench.")
KINDS = """
from typing import Literal
from shared.records import Key, Listed, Money, Record

class Customer(Record, kind="customer", title="{name}"):
    name: str
    email: Key[str]
    plan: Listed[Literal["free", "pro"]] = "free"
    mrr: Money | None = None
"""
WRITERS = 8
CHANGE, AT_ONCE, READ = "change ms", f"{WRITERS} change at once ms", "read ms"
LIST, PAST = "list of 50 ms", "past ms"


class Contestant(Protocol):
    def round(self) -> dict[str, float]:
        """Milliseconds an operation, by measure."""
        ...


class Opos:
    """Records in a store that has *size* of them already."""

    def __init__(self, folder: Path, size: int, store: Store | None = None) -> None:
        folder.mkdir()
        (folder / "company").mkdir()
        (folder / "company" / "records.py").write_text(KINDS)
        self.runtime = Runtime(Settings.from_environment(prepare(folder)), channels={})
        if store is not None:
            self.runtime.__dict__["store"] = store
        self.kind: Kind = self.runtime.context().kinds["customer"]
        first = self.made()
        write(self.runtime.store, copies(self.runtime.store, first, size - 1))
        self.ids = cycle([copy_id(first, n) for n in range(0, size - 1, max((size - 1) // 500, 1))])
        self.deep, self.middle = self.made("Deep"), ""
        for n in range(DEPTH - 1):
            self.change(self.deep, n)
            if n == DEPTH // 2:
                self.middle = str(self.runtime.store.get(f"records_customer/{self.deep}").data["changed_at"])  # type: ignore[union-attr]
        self.plans = cycle(range(3))

    def made(self, name: str = "Ada Okafor") -> str:
        values = {"name": name, "email": f"{name[:3]}@example.com", "mrr": {"amount": 4900, "currency": "eur"}}
        return create(self.kind, values, ME, self.runtime.context()).record

    def change(self, id: str, n: int) -> None:
        edited = edit(
            self.kind, id, {"mrr": {"amount": 100 * n + 1, "currency": "eur"}}, ME, {}, self.runtime.context()
        )
        assert edited.change, id  # noqa: S101

    def round(self) -> dict[str, float]:
        context, ids, number = self.runtime.context(), [next(self.ids) for _ in range(EACH)], 1_000 + next(self.plans)
        return {
            CHANGE: timed(lambda: [self.change(id, number) for id in ids]) / EACH,
            AT_ONCE: at_once(
                lambda record: self.change(record, number + 10), [next(self.ids) for _ in range(WRITERS * EACH)]
            ),
            READ: timed(lambda: [stored(self.kind, id, context).values for id in ids]) / EACH,  # type: ignore[union-attr]
            LIST: timed(lambda: listed(self.kind, context, where=[("plan", "free")], limit=50)),
            PAST: timed(lambda: body_at(self.kind, self.deep, self.middle, context)),
        }


def at_once(change: Callable[[str], object], ids: Sequence[str]) -> float:
    """Milliseconds of each of the changes that WRITERS threads make."""
    with ThreadPoolExecutor(WRITERS) as writers:
        return timed(lambda: list(writers.map(change, ids))) / len(ids)


def copy_id(id: str, n: int) -> str:
    return f"{id[:16]}{n:016x}"


def copies(store: Store, first: str, count: int) -> Iterator[Create]:
    """The record *first* so many times, each with its change and its key."""
    docs = [doc for name in ("records_customer", "record_changes", "record_claims") for doc in store.query(name)]
    start = datetime.now(UTC) - timedelta(days=365)
    for n in range(count):
        at = iso(start + timedelta(days=365) * n / count)
        for doc in docs:
            yield _copy(doc, first, n, at)


def _copy(doc: Doc, first: str, n: int, at: str) -> Create:
    path, data = (
        doc.path.replace(first, copy_id(first, n)),
        json.loads(json.dumps(doc.data).replace(first, copy_id(first, n))),
    )
    if "changed_at" in data:
        data |= {"changed_at": at, "created_at": at, "listed": {**data["listed"], "changed_at": at}}
    return Create(f"{path}{n:x}" if path.startswith("record_claims") else path, data)


class PlainRows:
    """One table that is overwritten."""

    def __init__(self, folder: Path, size: int) -> None:
        self.path, self.local = folder / "plain.db", threading.local()
        self.db.executescript("""
            PRAGMA journal_mode=WAL;
            CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT UNIQUE, plan TEXT, changed_at TEXT, data TEXT);
            CREATE INDEX by_plan ON customers (plan, changed_at);
        """)
        data = json.dumps({"name": "Ada Okafor", "mrr": {"amount": 4900, "currency": "eur"}})
        rows = [(str(n), f"{n}@example.com", "free", iso(datetime.now(UTC)), data) for n in range(size)]
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", rows)
        self.db.execute("COMMIT")
        self.ids, self.numbers = cycle(range(0, size, max(size // 500, 1))), cycle(range(3))

    @property
    def db(self) -> sqlite3.Connection:
        """The connection of this thread."""
        if not hasattr(self.local, "db"):
            self.local.db = sqlite3.connect(self.path, isolation_level=None, timeout=60)
            self.local.db.execute("PRAGMA synchronous=FULL")
        connection: sqlite3.Connection = self.local.db
        return connection

    def change(self, id: str, number: int) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        data = self.read(id) | {"mrr": {"amount": number, "currency": "eur"}}
        row = (json.dumps(data), iso(datetime.now(UTC)), id)
        self.db.execute("UPDATE customers SET data = ?, changed_at = ? WHERE id = ?", row)
        self.db.execute("COMMIT")

    def read(self, id: str) -> dict[str, Any]:
        (text,) = self.db.execute("SELECT data FROM customers WHERE id = ?", (id,)).fetchone()
        data: dict[str, Any] = json.loads(text)
        return data

    def page(self) -> list[Any]:
        query = "SELECT data FROM customers WHERE plan = 'free' ORDER BY changed_at DESC LIMIT 50"
        return [json.loads(text) for (text,) in self.db.execute(query)]

    def round(self) -> dict[str, float]:
        ids, number = [str(next(self.ids)) for _ in range(EACH)], next(self.numbers)
        return {
            CHANGE: timed(lambda: [self.change(id, number) for id in ids]) / EACH,
            AT_ONCE: at_once(
                lambda record: self.change(record, number), [str(next(self.ids)) for _ in range(WRITERS * EACH)]
            ),
            READ: timed(lambda: [self.read(id) for id in ids]) / EACH,
            LIST: timed(self.page),
        }


class Eventsourcing:
    """A process that has the peer, and makes a round whenever it is sent a line."""

    def __init__(self, python: Path, folder: Path, size: int) -> None:
        command = [str(python), str(ROOT / "bench" / "rivals" / "aggregates.py"), str(folder), str(size), str(DEPTH)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self._said()

    def _said(self) -> str:
        assert self.process.stdout  # noqa: S101
        return self.process.stdout.readline().strip()

    def round(self) -> dict[str, float]:
        assert self.process.stdin  # noqa: S101
        print(EACH, file=self.process.stdin, flush=True)
        took: dict[str, float] = json.loads(self._said())
        return took

    def stop(self) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(timeout=10)


def measure(*, quick: bool) -> Result:
    telemetry.configure(level="critical")
    few, many, rounds = (50, 500, 2) if quick else (FEW, MANY, ROUNDS)
    tables, missing, versions = [], {}, {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        ours: dict[str, Contestant] = {OPOS: Opos(folder / "few", few), PLAIN: PlainRows(folder, few)}
        try:
            python, _ = pypi("records", [PEER], [])
            peer = Eventsourcing(python, folder, few)
            stack.callback(peer.stop)
            ours[EVENTSOURCING], versions[EVENTSOURCING] = peer, peer.version
        except Missing as fault:
            missing[EVENTSOURCING] = str(fault)
        tables.append(_table(f"{few:,} records", ours, rounds, PLAIN))
        sizes: dict[str, Contestant] = {f"{few:,}": ours[OPOS], f"{many:,}": Opos(folder / "many", many)}
        tables.append(_table("as records grow", sizes, rounds, f"{few:,}"))
        if "OPOS_BENCH_EMULATOR" in os.environ:
            stores = stack.enter_context(on_emulator(folder, few, 500 if quick else ON_EMULATOR))
            tables.append(_table("on the emulator", stores, rounds, next(iter(stores))))
    return Result(tables, _goals(tables[0], tables[1]), missing, versions)


@contextmanager
def on_emulator(folder: Path, few: int, many: int) -> Iterator[Mapping[str, Contestant]]:
    from shared.adapters.firestore.store import connect

    with emulators(folder) as running:
        stores = {size: connect(f"demo-records-{size}", "(default)", running.firestore) for size in (few, many)}
        yield {f"{size:,}": Opos(folder / f"emulated-{size}", size, store) for size, store in stores.items()}


def _table(title: str, contestants: Mapping[str, Contestant], rounds: int, beside: str) -> Table:
    rows: dict[str, dict[str, list[float]]] = {name: {} for name in contestants}
    for number in range(rounds + 1):
        for name, contestant in contestants.items():
            for measure_, took in contestant.round().items():
                if number:  # the first one connects
                    rows[name].setdefault(measure_, []).append(took)
    return Table(title, rows, tuple((measure_, beside) for measure_ in rows[beside]))


def _goals(peers: Table, growth: Table) -> list[Goal]:
    few, many = growth.rows
    goals = [
        Goal(f"rate of {name.removesuffix(' ms')} / {beside}", peers.ratio(beside, OPOS, name), goal, at_least=True)
        for beside, goal in ((PLAIN, 0.5), (EVENTSOURCING, 2)) if beside in peers.rows for name in (CHANGE, AT_ONCE)
    ]  # fmt: skip
    return goals + [
        Goal(f"{name} with {many} / {few}", growth.ratio(many, few, name), 1.2) for name in growth.rows[few]
    ]
