"""SQLite on a disk that is really full: the error, no loss, and recovery."""

import os
import resource
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import sleep

import pytest

from shared.adapters.local_bus.bus import LocalBus
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.errors import Conflict, DiskFull, Unavailable
from shared.events import EventAccepted, Tick
from shared.ports import Create, Update, Write
from tests.support.fakes import FakeClock

BIG = {"text": "x" * 400_000}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", mebibytes=2) as folder:
        yield folder


@contextmanager
def mounted(folder: Path, *, mebibytes: int) -> Iterator[Path]:
    """A file system of its own, of so many MiB."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(folder: Path, *, but: int = 0) -> Iterator[None]:
    """While there is no room on the disk of *folder* but for so many bytes."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - but)
    yield
    filler.unlink()


@contextmanager
def limited(database: Database) -> Iterator[None]:
    """While no file of this process may become longer than the write-ahead log is (`ulimit -f`)."""
    now, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = database.path.with_name(f"{database.path.name}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (now, most))


@contextmanager
def without_pages(database: Database) -> Iterator[None]:
    """While the database may not grow: SQLite takes that for a full disk."""

    def pages(most: int) -> None:
        database.write(lambda db: db.execute(f"PRAGMA max_page_count = {most}").fetchall())

    pages(1)  # which means: as many as there are
    yield
    pages(2**30)


@dataclass
class Case:
    """A database that works, and how its disk becomes full."""

    database: Database
    full: Callable[[], AbstractContextManager[None]]

    @property
    def store(self) -> SqliteStore:
        return SqliteStore(self.database)

    @property
    def bus(self) -> LocalBus:
        ids = count()
        return LocalBus(self.database, FakeClock(), lambda: str(next(ids)))


@pytest.fixture(params=["the disk", "a file", "the database"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    folder = request.getfixturevalue("small_disk") if request.param == "the disk" else tmp_path
    with closing(Database(folder / "opos.db")) as database:
        SqliteStore(database).commit([Create("alerts/a", {"n": 1})])
        ways: dict[str, Callable[[], AbstractContextManager[None]]] = {
            "the disk": lambda: filled(folder),
            "a file": lambda: limited(database),
            "the database": lambda: without_pages(database),
        }
        yield Case(database, ways[request.param])


def test_a_commit_is_refused_whole_and_says_why(case: Case) -> None:
    with case.full():
        for _ in range(3):
            with pytest.raises(DiskFull) as fault:
                case.store.commit([Create("alerts/small", {}), Create("alerts/big", BIG)])
        assert [doc.path for doc in case.store.query("alerts")] == ["alerts/a"]
    assert (fault.value.code, fault.value.retryable, fault.value.http_status) == ("disk_full", True, 503)
    assert "Free space" in str(fault.value.hint)
    assert str(case.database.path.parent) not in f"{fault.value.message}{fault.value.hint}"


def test_a_publish_is_refused_and_leaves_no_message(case: Case) -> None:
    big = EventAccepted(
        id="a", version="1", source="app", type=BIG["text"], received_at=FakeClock().now(), trace="t", signals=()
    )
    with case.full(), pytest.raises(DiskFull):
        case.bus.publish(big)
    assert case.bus.take(10) == []


def test_what_was_there_is_read_meanwhile_also_over_a_new_connection(case: Case) -> None:
    with case.full(), pytest.raises(DiskFull):
        case.store.commit([Create("alerts/big", BIG)])
    with case.full(), closing(Database(case.database.path)) as another:
        assert [SqliteStore(database).get("alerts/a") is not None for database in (case.database, another)] == [
            True,
            True,
        ]


def test_as_soon_as_there_is_room_everything_is_kept_again(case: Case) -> None:
    with case.full(), pytest.raises(DiskFull):
        case.store.commit([Create("alerts/big", BIG)])
    case.store.commit([Create("alerts/big", BIG)])
    doc = case.store.get("alerts/big")
    assert doc is not None
    assert doc.data == BIG
    assert case.database.read("PRAGMA integrity_check") == [("ok",)]


def test_who_shares_the_commit_of_a_write_that_finds_no_room_is_told_the_same(case: Case) -> None:
    stale = Update("alerts/a", {"n": 2}, if_version="0")
    with case.full():
        faults = in_one_commit(
            case.store, [stale, Create("alerts/1", {}), Create("alerts/big", BIG), Create("alerts/2", {})]
        )
    assert [type(fault) for fault in faults] == [Conflict, DiskFull, DiskFull, DiskFull]
    assert len({id(fault) for fault in faults}) == 4
    assert [doc.path for doc in case.store.query("alerts")] == ["alerts/a"]


def in_one_commit(store: SqliteStore, writes: list[Write]) -> list[BaseException | None]:
    """What became of each of *writes*, all of which waited until the one before them was done."""
    begun, ended = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        begun.set()
        ended.wait(30)

    with ThreadPoolExecutor(len(writes) + 1) as pool:
        pool.submit(store.database.write, hold)
        begun.wait(30)
        asked = []
        for number, write in enumerate(writes, 1):
            asked.append(pool.submit(store.commit, [write]))
            while len(store.database._waiting) < number:
                sleep(0.001)
        ended.set()
        return [commit.exception() for commit in asked]


def test_a_message_that_waits_is_delivered_once_there_is_room(small_disk: Path) -> None:
    with closing(Database(small_disk / "opos.db")) as database:
        bus = Case(database, lambda: filled(small_disk)).bus
        bus.publish(Tick())
        with filled(small_disk), pytest.raises(DiskFull):
            bus.take(10)
        assert [delivery.attempts for delivery in bus.take(10)] == [1]


@pytest.mark.parametrize("room", [0, 4096, 20_000, 60_000])
def test_what_starts_on_a_full_disk_says_so_and_works_once_there_is_room(small_disk: Path, room: int) -> None:
    """With room for the first of its files only, SQLite says `disk I/O error`."""
    with closing(Database(small_disk / "data/opos.db")) as database:
        store = SqliteStore(database)
        with filled(small_disk, but=room):
            for use in (lambda: store.get("alerts/a"), lambda: store.commit([Create("alerts/a", {})])):
                with pytest.raises(DiskFull):
                    use()
        store.commit([Create("alerts/a", {})])
        assert store.get("alerts/a") is not None


def test_a_file_that_cannot_be_opened_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "opos.db").mkdir()
    with pytest.raises(Unavailable) as fault:
        Database(tmp_path / "opos.db").read("SELECT 1")
    assert not isinstance(fault.value, DiskFull)


def test_how_much_room_there_is_can_be_asked_before_there_is_a_file(small_disk: Path) -> None:
    database = Database(small_disk / "not/yet/opos.db")
    assert database.free_bytes() == 2**21
    with filled(small_disk, but=8192):
        assert database.free_bytes() == 8192
