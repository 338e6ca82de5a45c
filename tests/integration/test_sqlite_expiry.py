"""SQLite has no TTL of its own: the minute tick of `opos up` removes expired documents."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.events import iso
from shared.ports import Create

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_only_what_has_expired_is_removed_and_not_too_much_at_once(tmp_path: Path) -> None:
    store = SqliteStore(Database(tmp_path / "opos.db"))
    old, young = iso(NOW - timedelta(seconds=1)), iso(NOW + timedelta(seconds=1))
    store.commit([Create(f"outbox/{n}", {"expires_at": old}) for n in range(5)])
    store.commit([Create("outbox/young", {"expires_at": young}), Create("events/kept", {"expires_at": None})])
    assert [store.expire(NOW, limit=3), store.expire(NOW, limit=3), store.expire(NOW)] == [3, 2, 0]
    assert [doc.path for name in ("outbox", "events") for doc in store.query(name)] == ["outbox/young", "events/kept"]
    store.database.close()


def test_a_file_of_an_older_version_gets_the_indexes_of_this_one(tmp_path: Path) -> None:
    database = Database(tmp_path / "opos.db")
    database.write(lambda db: db.execute("SELECT 1"))
    database.write(lambda db: db.execute("DROP INDEX events_day"))
    database.close()
    import sqlite3

    with sqlite3.connect(tmp_path / "opos.db") as file:
        file.execute("PRAGMA user_version = 0")
    reopened = Database(tmp_path / "opos.db")
    assert reopened.read("SELECT 1 FROM sqlite_master WHERE name = 'events_day'") == [(1,)]
    reopened.close()
