"""The data file while it is open: taken away, replaced, damaged, readable for others; and what is no fault at all."""

import os
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.bundle.data_folder import lock, lost_its_file, note_open_file
from opos.init import dotenv
from opos.terminal.files import open_private
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.errors import Conflict, DataFileDamaged, DataFileReplaced
from shared.ports import Create, Set, Update
from shared.security.secrets import kept_key
from tests.support.project import ROOT


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "data" / "opos.db")) as opened:
        SqliteStore(opened).commit([Set("alerts/a", {"n": 1})])
        SqliteStore(opened).get("alerts/a")
        yield opened


def replace(path: Path) -> None:
    copy = path.with_name("copy.db")
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as target:
        live.backup(target)
    copy.rename(path)


def beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")


WAYS: dict[str, Callable[[Path], object]] = {
    "removed": lambda path: path.unlink(),
    "moved": lambda path: path.rename(path.with_name("moved.db")),
    "replaced": replace,
    "its folder moved": lambda path: path.parent.rename(path.parent.with_name("moved")),
    "its log removed": lambda path: beside(path, "-wal").unlink(),
    "the index of its log removed": lambda path: beside(path, "-shm").unlink(),
}
MAIN = [way for way in WAYS if "log" not in way]


@pytest.mark.parametrize("way", WAYS)
def test_no_commit_is_acknowledged_once_the_file_is_gone(database: Database, way: str) -> None:
    WAYS[way](database.path)
    for number in range(3):
        with pytest.raises(DataFileReplaced):
            SqliteStore(database).commit([Create(f"alerts/{number}", {})])


@pytest.mark.parametrize("way", MAIN)
def test_no_read_is_answered_from_the_file_that_is_gone(database: Database, way: str) -> None:
    WAYS[way](database.path)
    with pytest.raises(DataFileReplaced):
        SqliteStore(database).get("alerts/a")
    with pytest.raises(DataFileReplaced):
        list(SqliteStore(database).query("alerts"))


@pytest.mark.parametrize("way", ["removed", "moved", "its folder moved"])
def test_no_empty_file_takes_the_place_of_the_one_that_is_gone(database: Database, way: str) -> None:
    WAYS[way](database.path)
    for use in (
        lambda: SqliteStore(database).get("alerts/a"),
        lambda: SqliteStore(database).commit([Set("alerts/b", {})]),
    ):
        with pytest.raises(DataFileReplaced):
            use()
    assert not database.path.exists()


def test_a_file_that_comes_back_is_used_only_after_a_restart(database: Database) -> None:
    away = database.path.rename(database.path.with_name("away.db"))
    with pytest.raises(DataFileReplaced):
        SqliteStore(database).get("alerts/a")
    away.rename(database.path)
    with pytest.raises(DataFileReplaced):
        SqliteStore(database).commit([Set("alerts/b", {})])
    database.close()
    assert SqliteStore(database).get("alerts/a")


def test_a_file_that_goes_during_a_commit_leaves_it_unacknowledged(database: Database) -> None:
    with pytest.raises(DataFileReplaced):
        database.write(lambda _: database.path.unlink())


def test_the_error_is_one_to_retry_and_shows_no_path(database: Database) -> None:
    database.path.unlink()
    with pytest.raises(DataFileReplaced) as fault:
        SqliteStore(database).get("alerts/a")
    assert (fault.value.code, fault.value.http_status, fault.value.retryable) == ("data_file_replaced", 503, True)
    assert str(database.path.parent) not in f"{fault.value.message}{fault.value.hint}"


def in_another_connection(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(sql).fetchall()


HARMLESS = ("SELECT count(*) FROM docs", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA optimize", "VACUUM")


@pytest.mark.parametrize("sql", HARMLESS)
def test_another_process_that_uses_the_file_and_leaves_it_is_no_fault(database: Database, sql: str) -> None:
    in_another_connection(database.path, sql)
    SqliteStore(database).commit([Set("alerts/b", {})])
    assert SqliteStore(database).get("alerts/b")


STEPS = ("commit", "read", *HARMLESS, *WAYS)


@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_an_acknowledged_commit_is_in_the_file_that_another_process_finds(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Database(Path(folder) / "data" / "opos.db")) as database:
        store = SqliteStore(database)
        store.commit([Set("alerts/first", {})])
        for number, step in enumerate(steps):
            if not take(step, number, store):
                return


def take(step: str, number: int, store: SqliteStore) -> bool:
    """Take *step*. Whether the database can still be used."""
    path = store.database.path
    if step in WAYS:
        WAYS[step](path)
        step = "commit"
    if step in HARMLESS:
        in_another_connection(path, step)
    try:
        store.get("alerts/first")
        store.commit([Set(f"alerts/{number}", {})] if step == "commit" else [])
    except DataFileReplaced:
        return False
    if step == "commit":
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT 1 FROM docs WHERE path = ?", [f"alerts/{number}"]).fetchall() == [(1,)]
    return True


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.usefixtures("open_umask")
def test_a_new_file_in_a_folder_that_existed_is_only_its_owners(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "opos.db")) as database:
        SqliteStore(database).commit([Set("alerts/a", {})])
        assert modes(tmp_path) == dict.fromkeys(("opos.db", "opos.db-wal", "opos.db-shm"), 0o600)
        assert database.exposed() == []


def test_a_file_that_others_could_read_becomes_its_owners_when_it_is_opened(database: Database) -> None:
    for file in database.path.parent.iterdir():
        file.chmod(0o644)
    assert database.exposed() == ["opos.db", "opos.db-wal", "opos.db-shm"]
    with closing(Database(database.path)) as another:
        another.read("SELECT 1")
    assert set(modes(database.path.parent).values()) == {0o600}


def test_a_file_that_cannot_be_tightened_works_and_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a file of another user, which a test that runs as root cannot have."""

    def refuse(*_: object) -> None:
        raise PermissionError

    database.path.chmod(0o640)
    monkeypatch.setattr(Path, "chmod", refuse)
    with closing(Database(database.path)) as another:
        assert SqliteStore(another).get("alerts/a")
        assert another.exposed("signing.key") == ["opos.db"]


def test_a_signing_key_that_others_could_read_becomes_its_owners(tmp_path: Path) -> None:
    key = kept_key(tmp_path / "signing.key")
    (tmp_path / "signing.key").chmod(0o644)
    assert kept_key(tmp_path / "signing.key") == key
    assert modes(tmp_path) == {"signing.key": 0o600}


@pytest.mark.usefixtures("open_umask")
def test_what_a_command_writes_with_data_in_it_is_only_its_owners(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").touch(0o666)
    for name in ("old.jsonl", "new.jsonl"):
        with open_private(tmp_path / name) as file:
            file.write("x")
    (tmp_path / ".env").write_text("export APP_SECRET=x\n")
    assert dotenv.add(tmp_path, [dotenv.Wanted("APP_SECRET", "y", "note")], {}) == []
    lock(tmp_path).close()
    assert set(modes(tmp_path).values()) == {0o600}


def test_make_clean_keeps_what_the_bundle_has_accepted(tmp_path: Path) -> None:
    (tmp_path / ".opos").mkdir()
    (tmp_path / ".opos/opos.db").touch()
    (tmp_path / ".cache").mkdir()
    subprocess.run(["make", "-f", ROOT / "Makefile", "clean"], cwd=tmp_path, check=True, capture_output=True)
    assert [path.name for path in tmp_path.rglob("*")] == [".opos", "opos.db"]


@pytest.mark.parametrize("running", [True, False])
def test_another_process_sees_that_a_running_bundle_has_lost_its_file(database: Database, *, running: bool) -> None:
    data, file = database.path.parent, database.file
    assert file is not None
    held = lock(data)
    note_open_file(data, file)
    if not running:
        held.close()
    assert not lost_its_file(data)
    database.path.unlink()
    assert lost_its_file(data) == running
    held.close()


@pytest.fixture
def unreadable(database: Database) -> Database:
    """A database one of whose documents is no longer JSON: a disk has changed one of its bytes."""
    SqliteStore(database).commit([Set("alerts/b", {"n": 2})])
    database.close()
    content = database.path.read_bytes()
    assert content.count(b'{"n":1}') == 1
    database.path.write_bytes(content.replace(b'{"n":1}', b'["n":1}'))
    return database


def test_a_document_that_is_no_longer_json_is_damage(unreadable: Database) -> None:
    store = SqliteStore(unreadable)
    assert not unreadable.is_damaged
    with pytest.raises(DataFileDamaged):
        store.get("alerts/a")
    assert unreadable.is_damaged
    with pytest.raises(DataFileDamaged):
        list(store.query("alerts"))


def test_an_update_of_a_damaged_document_changes_nothing_and_the_others_still_work(unreadable: Database) -> None:
    store = SqliteStore(unreadable)
    ((version,),) = unreadable.read("SELECT version FROM docs WHERE path = 'alerts/a'")
    with pytest.raises(DataFileDamaged):
        store.commit([Update("alerts/a", {"n": 2}, str(version))])
    assert unreadable.is_damaged
    with pytest.raises(Conflict):
        store.commit([Update("alerts/b", {"n": 2}, "0")])
    assert store.get("alerts/b")


def damage(path: Path, *, page: int = 4096) -> None:
    """Overwrite every page but the first, as a failing disk or a program that writes to the wrong file does."""
    with path.open("r+b") as file:
        file.seek(page)
        file.write(b"\xa5" * (path.stat().st_size - page))


def test_damaged_pages_are_called_damage_and_shown_without_their_content(tmp_path: Path) -> None:
    path = tmp_path / "opos.db"
    with closing(Database(path)) as database:
        SqliteStore(database).commit([Create(f"alerts/{number}", {"text": "x" * 500}) for number in range(200)])
    damage(path)
    with closing(Database(path)) as damaged:
        for use in (
            lambda: SqliteStore(damaged).get("alerts/7"),
            lambda: SqliteStore(damaged).commit([Set("alerts/b", {})]),
        ):
            with pytest.raises(DataFileDamaged) as fault:
                use()
        assert damaged.is_damaged
        assert (fault.value.code, fault.value.message) == ("data_file_damaged", "The data file is damaged.")
        assert "data-file-damaged" in str(fault.value.hint)


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "opos.db").write_bytes(b"not a database at all" * 400)
    with closing(Database(tmp_path / "opos.db")) as database, pytest.raises(DataFileDamaged):
        database.read("SELECT 1")
