"""One SQLite file for documents and messages: durable (WAL, synchronous=FULL), safe from threads and processes.

Writes of concurrent threads share one transaction and thus one fsync (group commit): the thread that holds the writer
runs the waiting jobs of all threads, each under its own savepoint, and no thread returns before the commit.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from zlib import crc32

from shared.adapters.sqlite import lists, record_lists
from shared.adapters.sqlite.data_file import Inode, OpenFiles, create, exposed, files, inode, tighten
from shared.adapters.sqlite.faults import free_bytes, unavailable
from shared.adapters.sqlite.integrity import require_whole
from shared.errors import DataFileDamaged, Unavailable
from shared.ports.field_paths import EXPIRY
from shared.ports.indexes import INDEXES

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS docs (
  path TEXT PRIMARY KEY, collection TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sequence (n INTEGER NOT NULL);
INSERT INTO sequence SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM sequence);
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, topic TEXT NOT NULL, subscription TEXT NOT NULL,
  data BLOB NOT NULL, attributes TEXT NOT NULL, published_at TEXT NOT NULL, due_at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at);
"""


def column(field: str) -> str:
    """The SQL expression of a dotted document field. SQLite uses an index only if the query spells it the same way."""
    return f"json_extract(data, '$.{field}')"


def index_of(collection: str, field: str) -> str:
    """The name of the index of *field* in *collection*."""
    return f"{collection}_{field}".replace(".", "_")


def _indexes() -> Iterator[tuple[str, str]]:
    """The name and the expression of each index. A document without the field has no entry."""
    for collection, name in INDEXES:
        where = f"collection = '{collection}' AND {column(name)} IS NOT NULL"
        yield index_of(collection, name), f"docs ({column(name)}, path) WHERE {where}"
    yield "docs_expiry", f"docs ({column(EXPIRY)}) WHERE {column(EXPIRY)} IS NOT NULL"


def _index_sql() -> Iterator[str]:
    """The SQL that recreates every index, because an earlier schema may use the same names."""
    yield "DROP INDEX IF EXISTS docs_collection;"
    for name, on in _indexes():
        yield f"DROP INDEX IF EXISTS {name}; CREATE INDEX {name} ON {on};"


WHOLE_SCHEMA = SCHEMA + "".join(_index_sql()) + lists.SCHEMA + record_lists.SCHEMA
SCHEMA_VERSION = crc32(WHOLE_SCHEMA.encode()) & 0x7FFF_FFFF
"""The version of the schema. Opening a file with another version upgrades it."""


@dataclass(slots=True)
class _Job(Generic[T]):
    run: Callable[[sqlite3.Connection], T]
    survives_power_loss: bool = True
    wake: threading.Event = field(default_factory=threading.Event)
    done: bool = False
    result: T | None = None
    fault: Exception | None = None


@dataclass
class Database:
    """Opens *path* at first use. Errors of SQLite become Unavailable, or DiskFull if the disk is full.

    A full disk loses nothing that was written and needs no restart: writes succeed again once there is space.

    If the file is removed or replaced while it is open, each use raises DataFileReplaced until `close`.
    """

    path: Path
    is_damaged: bool = False
    """Whether a part of the file could not be read."""
    _files: OpenFiles = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _waiting: deque[_Job[Any]] = field(default_factory=deque, repr=False)
    _writer: sqlite3.Connection | None = field(default=None, repr=False)
    _waits: bool = field(default=True, repr=False)
    _idle: deque[sqlite3.Connection] = field(default_factory=deque, repr=False)

    def __post_init__(self) -> None:
        self._files = OpenFiles(self.path)

    def write(self, run: Callable[[sqlite3.Connection], T], *, survives_power_loss: bool = True) -> T:
        """The result of *run*, once it is durable. An exception of *run* undoes only its own writes, and is raised.

        Without *survives_power_loss*, this does not wait for the disk; the write still survives the end of the process.
        """
        job = _Job(run, survives_power_loss)
        self._waiting.append(job)
        while not job.done:
            if self._lock.acquire(blocking=False):
                self._lead()
            else:
                job.wake.wait()
                job.wake.clear()
        if job.fault is not None:
            raise self.noted(job.fault)
        return job.result  # type: ignore[return-value]  # a finished job holds what its function returned

    def _lead(self) -> None:
        """Run the waiting jobs, then pass the lead to a thread that came meanwhile: none serves others for long."""
        try:
            self._run_all()
        finally:
            self._lock.release()
            with suppress(IndexError):
                self._waiting[0].wake.set()

    def read(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        return list(self.iterate(sql, parameters))

    def iterate(self, sql: str, parameters: Iterable[Any] = ()) -> Iterator[Any]:
        try:
            with self._reader() as connection:
                yield from connection.execute(sql, tuple(parameters))
        except (sqlite3.Error, OSError) as fault:
            raise self.noted(unavailable(fault, self.path)) from fault

    def require_whole(self) -> None:
        """Raises DataFileDamaged if any part of the file is not what was written. Reads all of it."""
        try:
            with self._reader() as connection:
                require_whole(connection, "quick_check")
        except (sqlite3.Error, OSError) as fault:
            raise self.noted(unavailable(fault, self.path)) from fault

    def noted(self, fault: Exception) -> Exception:
        """*fault*, after `is_damaged` is set if that is what it says."""
        self.is_damaged = self.is_damaged or isinstance(fault, DataFileDamaged)
        return fault

    @property
    def file(self) -> Inode | None:
        """The data file that is open; None before the first use."""
        return self._files.main

    def exposed(self, *others: str) -> list[str]:
        """The names of the files of the database, and of *others* next to it, that other users can read or change."""
        beside = [self.path.with_name(name) for name in others]
        return [file.name for file in exposed([*files(self.path), *beside])]

    def free_bytes(self) -> int:
        """The space on the disk of the file for a process that is not root. Raises Unavailable."""
        try:
            return free_bytes(self.path)
        except OSError as fault:
            raise unavailable(fault, self.path) from fault

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer, self._waits = None, True
        while self._idle:
            self._idle.pop().close()
        self._files.closed()

    def _run_all(self) -> None:
        jobs = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._commit(jobs)
        except (sqlite3.Error, OSError, Unavailable) as fault:
            self._fail(jobs, fault)
        except BaseException as fault:
            self._fail(jobs, fault)
            raise
        finally:
            for job in jobs:
                job.done = True
                job.wake.set()

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        """Run *jobs*. Raises DataFileReplaced if nobody will read what they wrote."""
        self._files.require_in_place(beside=False)
        self._transact(jobs)
        self._files.require_in_place()

    def _transact(self, jobs: list[_Job[Any]]) -> None:
        connection = self._writer = self._writer or self._connect()
        self._wait_for_disk(connection, wait=any(job.survives_power_loss for job in jobs))
        try:
            _transact(connection, jobs, _run)
        except sqlite3.Error:
            raise
        except Exception as fault:  # noqa: BLE001  (an error of one job, and all are undone)
            if len(jobs) == 1:
                jobs[0].fault = fault
            else:
                _transact(connection, jobs, _run_apart)

    def _wait_for_disk(self, connection: sqlite3.Connection, *, wait: bool) -> None:
        """Set whether a commit waits for the disk. Source: SQLite, "PRAGMA synchronous": NORMAL stays consistent."""
        if wait != self._waits:
            connection.execute(f"PRAGMA synchronous={'FULL' if wait else 'NORMAL'}")
            self._waits = wait

    def _fail(self, jobs: list[_Job[Any]], fault: BaseException) -> None:
        meaning = unavailable(fault, self.path)
        for job in jobs:
            job.fault = job.fault or copy(meaning)  # each copy is raised in its own thread

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection for exclusive use. Raises DataFileReplaced if it would read a file that nobody else reads."""
        self._files.require_in_place(beside=False)
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        self._files.require_in_place()
        create(self.path)
        file = inode(self.path)
        connection = sqlite3.connect(self.path, timeout=2.5, isolation_level=None, check_same_thread=False)
        try:
            tighten(self.path)
            _prepare(connection)
            self._files.opened(file)
        except BaseException:
            connection.close()
            raise
        return connection


def _transact(connection: sqlite3.Connection, jobs: list[_Job[Any]], run: Callable[..., None]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            run(job, connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run(job: _Job[Any], connection: sqlite3.Connection) -> None:
    """Run *job* without a savepoint, which would need two more statements; failures are rare."""
    job.result = job.run(connection)


def _run_apart(job: _Job[Any], connection: sqlite3.Connection) -> None:
    """Run *job* so that its exception undoes only its own writes and reaches only its own caller."""
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.run(connection)
    except sqlite3.Error:
        raise
    except Exception as fault:  # noqa: BLE001
        job.fault = fault
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


def _prepare(connection: sqlite3.Connection) -> None:
    _keep_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    if connection.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):
        _create_schema(connection)


def _keep_log(connection: sqlite3.Connection) -> None:
    """Turn on WAL. If two processes do this on a new file, SQLite rejects the second immediately, so it tries again."""
    for patience in (0.01, 0.05, 0.2, 0.5, 1.0, 0.0):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not patience:
                raise
            time.sleep(patience)
        else:
            return


def _create_schema(connection: sqlite3.Connection) -> None:
    connection.executescript(f"BEGIN IMMEDIATE;{WHOLE_SCHEMA}PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
