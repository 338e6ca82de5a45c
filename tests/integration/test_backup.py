"""Backups of a data file and their restore: whole, verified, private, and never instead of something better."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.backups.dated_files import dated_name, expired
from opos.backups.restoration import restore
from shared.adapters.local_bus.bus import LocalBus
from shared.adapters.sqlite.backup import NoDataFile, write_backup
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.errors import DataFileDamaged, DiskFull
from shared.events import Tick
from shared.ports import Create, Delete, Set
from tests.integration.test_data_file import damage
from tests.integration.test_disk_full import filled, mounted
from tests.support.fakes import FakeClock

NOW = datetime(2026, 11, 28, 5, 19, tzinfo=UTC)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Database]:
    """A data file in use. All that it has is in its log."""
    with closing(Database(tmp_path / "data" / "opos.db")) as database:
        SqliteStore(database).commit([Create(f"alerts/{number}", {"n": number}) for number in range(50)])
        yield database


def ids(path: Path) -> set[str]:
    """The alerts in the one file *path*."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        return {
            row[0].partition("/")[2] for row in database.execute("SELECT path FROM docs WHERE collection = 'alerts'")
        }


def test_a_file_system_without_hard_links_keeps_the_file_that_was_there(
    live: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    write_backup(live.path, tmp_path / "backup.db")
    SqliteStore(live).commit([Create("alerts/later", {"n": 1})])
    live.close()
    monkeypatch.setattr(Path, "hardlink_to", refused)
    done = restore(tmp_path / "backup.db", live.path, now=NOW)
    assert done.kept is not None
    assert "later" in ids(done.kept)
    assert "later" not in ids(live.path)


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_plain_copy_of_the_file_alone_has_nothing_and_a_backup_has_all(live: Database, tmp_path: Path) -> None:
    shutil.copy(live.path, tmp_path / "copy.db")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        ids(tmp_path / "copy.db")
    write_backup(live.path, tmp_path / "backup.db")
    assert ids(tmp_path / "backup.db") == {str(number) for number in range(50)}


def test_a_backup_is_one_file_that_only_its_owner_can_read(live: Database, tmp_path: Path) -> None:
    write_backup(live.path, tmp_path / "backup.db")
    assert names(tmp_path) == {"data", "backup.db"}
    assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600


def test_a_backup_has_what_was_committed_before_it_began_while_others_write(live: Database, tmp_path: Path) -> None:
    store, stopping, written = SqliteStore(live), threading.Event(), 0

    def write() -> None:
        nonlocal written
        for number in count():
            store.commit([Create(f"alerts/w{number}", {}), Create(f"events/w{number}", {})])
            written = number + 1
            if stopping.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round in range(3):
            before = written
            write_backup(live.path, tmp_path / f"{round}.db")
            assert ids(tmp_path / f"{round}.db") >= {f"w{number}" for number in range(before)}
            with closing(sqlite3.connect(tmp_path / f"{round}.db")) as backup:
                counts = dict(backup.execute("SELECT collection, count(*) FROM docs GROUP BY collection"))
            assert counts["alerts"] - 50 == counts.get("events", 0)
    finally:
        stopping.set()
        writer.join()


def test_what_was_deleted_is_in_no_page_of_a_backup(live: Database, tmp_path: Path) -> None:
    store = SqliteStore(live)
    version = store.commit([Create("events/forgotten", {"body": "planted-text" * 900})])["events/forgotten"]
    live.read("PRAGMA wal_checkpoint(TRUNCATE)")
    store.commit([Delete("events/forgotten", version)])
    assert b"planted-text" in live.path.read_bytes()
    write_backup(live.path, tmp_path / "backup.db")
    assert b"planted-text" not in (tmp_path / "backup.db").read_bytes()


def test_a_damaged_file_is_not_backed_up_and_the_last_backup_stays(live: Database, tmp_path: Path) -> None:
    write_backup(live.path, tmp_path / "backup.db")
    live.close()
    damage(live.path)
    with pytest.raises(DataFileDamaged):
        write_backup(live.path, tmp_path / "backup.db")
    assert len(ids(tmp_path / "backup.db")) == 50
    assert names(tmp_path) == {"data", "backup.db"}


def test_a_file_with_an_unreadable_document_is_not_backed_up(live: Database, tmp_path: Path) -> None:
    live.close()
    content = live.path.read_bytes()
    live.path.write_bytes(content.replace(b'{"n":7}', b'{"n":7\xff'))
    with pytest.raises(DataFileDamaged):
        write_backup(live.path, tmp_path / "backup.db")


def test_a_backup_that_finds_no_room_leaves_the_last_one(live: Database, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=2) as disk:
        write_backup(live.path, disk / "backup.db")
        with filled(disk), pytest.raises(DiskFull):
            write_backup(live.path, disk / "backup.db")
        assert len(ids(disk / "backup.db")) == 50
        assert names(disk) == {"backup.db"}


@pytest.mark.parametrize("content", [None, b"", b"not a database" * 99])
def test_what_is_no_data_file_is_neither_backed_up_nor_restored(
    live: Database, tmp_path: Path, content: bytes | None
) -> None:
    other = tmp_path / "other.db"
    if content is not None:
        other.write_bytes(content)
    with pytest.raises((NoDataFile, DataFileDamaged), match=r"other\.db"):
        write_backup(other, tmp_path / "backup.db")
    with pytest.raises((NoDataFile, DataFileDamaged), match=r"other\.db"):
        restore(other, live.path, now=NOW)
    assert SqliteStore(live).count("alerts") == 50
    assert other.exists() == (content is not None)


@given(hours=st.sets(st.integers(0, 400), min_size=1), keep=st.integers(1, 9))
def test_the_newest_backups_stay_and_nothing_else_is_touched(
    tmp_path_factory: pytest.TempPathFactory, hours: set[int], keep: int
) -> None:
    folder = tmp_path_factory.mktemp("backups")
    others = {"opos.db", "notes.txt", "opos-20260101.db", "xopos-20260101T000000Z.db"}
    dated = {hour: dated_name(NOW + timedelta(hours=hour)) for hour in hours}
    for name in others | set(dated.values()):
        (folder / name).touch()
    gone = {file.name for file in expired(folder, keep=keep)}
    assert gone == {dated[hour] for hour in sorted(hours)[:-keep]}


def backed_up(live: Database, tmp_path: Path) -> Path:
    """A backup, and a document that the live file has since then, in its log."""
    write_backup(live.path, tmp_path / "backup.db")
    SqliteStore(live).commit([Set("alerts/later", {})])
    return tmp_path / "backup.db"


def test_a_restore_has_what_the_backup_had_and_keeps_what_was_there_with_its_log(
    live: Database, tmp_path: Path
) -> None:
    backup = backed_up(live, tmp_path)
    copy = shutil.copytree(live.path.parent, tmp_path / "crashed")  # as a SIGKILL leaves it: with a log
    assert (copy / "opos.db-wal").exists()
    kept = restore(backup, copy / "opos.db", now=NOW).kept
    assert ids(copy / "opos.db") == {str(number) for number in range(50)}
    assert kept == copy / "opos.db.replaced-20261128T051900Z"
    assert not (copy / "opos.db-wal").exists()
    with closing(Database(kept)) as before:
        assert SqliteStore(before).get("alerts/later")
    assert {stat.S_IMODE(file.stat().st_mode) for file in copy.iterdir()} == {0o600}


def test_a_backup_is_restored_to_a_folder_that_has_nothing(live: Database, tmp_path: Path) -> None:
    backup = backed_up(live, tmp_path)
    (tmp_path / "new").mkdir()
    assert restore(backup, tmp_path / "new" / "opos.db", now=NOW).kept is None
    assert names(tmp_path / "new") == {"opos.db"}
    with closing(Database(tmp_path / "new" / "opos.db")) as restored:
        assert SqliteStore(restored).count("alerts") == 50


def test_a_restore_ends_the_sessions_of_the_console_which_may_have_been_revoked_since(
    live: Database, tmp_path: Path
) -> None:
    SqliteStore(live).commit([Create("sessions/a", {"secret": "hash", "ends_at": "2026-12-28T00:00:00.000000Z"})])
    restore(backed_up(live, tmp_path), tmp_path / "new.db", now=NOW)
    with closing(Database(tmp_path / "new.db")) as restored:
        assert SqliteStore(restored).get("sessions/a") is None


def test_a_data_file_that_was_saved_with_its_log_is_restored_with_it(live: Database, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    for end in ("", "-wal"):
        shutil.copy(f"{live.path}{end}", f"{saved}{end}")
    restore(saved, tmp_path / "opos.db", now=NOW)
    assert len(ids(tmp_path / "opos.db")) == 50


def test_a_damaged_backup_changes_nothing(live: Database, tmp_path: Path) -> None:
    backup = backed_up(live, tmp_path)
    damage(backup)
    with pytest.raises(DataFileDamaged, match=r"backup\.db is damaged"):
        restore(backup, live.path, now=NOW)
    assert SqliteStore(live).get("alerts/later")
    assert {name for name in names(live.path.parent) if "replaced" in name or "new" in name} == set()


def test_a_file_that_another_program_recovered_is_restored_without_the_documents_that_are_not_readable(
    live: Database, tmp_path: Path
) -> None:
    """Another program may have written tables and rows; an index that a damaged document stops is missing."""
    live.close()
    recovered = tmp_path / "recovered.db"
    shutil.copy(live.path, recovered)
    with closing(sqlite3.connect(recovered, isolation_level=None)) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOTNULL"
        ).fetchall():
            database.execute(f"DROP INDEX {name}")
        database.execute("PRAGMA user_version = 0")
        database.execute("""UPDATE docs SET data = '{"n":' WHERE path = 'alerts/7'""")
        database.execute("CREATE TABLE lost_and_found (id INTEGER)")
    done = restore(recovered, tmp_path / "opos.db", now=NOW)
    assert done.left_out == ["alerts/7"]
    with closing(Database(tmp_path / "opos.db")) as restored:
        assert SqliteStore(restored).count("alerts") == 49


def test_what_can_be_read_of_a_damaged_file_is_salvaged(live: Database, tmp_path: Path) -> None:
    store = SqliteStore(live)
    store.commit([Create(f"events/{number}", {"text": "x" * 900}) for number in range(400)])
    LocalBus(live, FakeClock(), lambda: "id").publish(Tick())
    live.close()
    size = live.path.stat().st_size // 4096
    with live.path.open("r+b") as file:
        for page in range(size // 2, size // 2 + 3):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)
    with pytest.raises(DataFileDamaged):
        restore(live.path, tmp_path / "opos.db", now=NOW)
    done = restore(live.path, tmp_path / "opos.db", now=NOW, salvaging=True)
    assert done.left_out == []
    with closing(Database(tmp_path / "opos.db")) as salvaged:
        assert 400 - 3 * 4 - 2 <= SqliteStore(salvaged).count("events") < 400
        assert len(salvaged.read("SELECT * FROM messages")) == 1
        salvaged.require_whole()


def test_a_document_that_is_no_longer_json_is_left_out_of_what_is_salvaged(live: Database, tmp_path: Path) -> None:
    live.close()
    content = live.path.read_bytes()
    live.path.write_bytes(content.replace(b'{"n":7}', b'{"n":7\xff'))
    done = restore(live.path, tmp_path / "opos.db", now=NOW, salvaging=True)
    assert done.left_out == ["alerts/7"]
    assert len(ids(tmp_path / "opos.db")) == 49
