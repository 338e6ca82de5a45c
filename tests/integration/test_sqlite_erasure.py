"""What was deleted or overwritten in a data file is in none of its bytes, and everything else is still found."""

from pathlib import Path

import pytest

from shared.adapters.local_bus.bus import LocalBus
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.erasure import erase
from shared.adapters.sqlite.store import SqliteStore
from shared.events import DigestDue
from shared.ports import Create, Delete, Update
from tests.support.fakes import FakeClock

CANARY = "qanary"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "opos.db")


def spoken(database: Database) -> list[str]:
    """The files in which the canary is, as text or as the full-text index has words."""
    files = [(file.name, file.read_bytes()) for file in database.path.parent.glob("opos.db*")]
    return [name for name, content in files for word in (CANARY, CANARY.encode().hex()) if word.encode() in content]


def test_nothing_deleted_is_left_in_the_file_and_the_rest_is_found_as_before(database: Database) -> None:
    store = SqliteStore(database)
    for number in range(200):
        terms = [f"{CANARY}{number}@2026-11", f"kept{number}@2026-11"]
        store.commit([Create(f"events/{number:03}", {"terms": terms, "state": "handled", "body": CANARY * 9})])
    for number in range(200):
        doc = store.get(f"events/{number:03}")
        assert doc is not None
        less = Update(doc.path, {"terms": [f"kept{number}@2026-11"], "body": ""}, doc.version)
        store.commit([Delete(doc.path, doc.version) if number % 3 else less])
    bus = LocalBus(database, FakeClock(), lambda: "m")
    bus.publish(DigestDue(queue=f"daily {CANARY}", reason="size"))
    assert spoken(database)
    erase(database.path, lambda text: text.replace(CANARY, "-"))
    assert spoken(database) == []
    assert [doc.id for doc in store.query("events", where=[("terms", "contains", "kept33@2026-11")])] == ["033"]
    assert list(store.query("events", where=[("terms", "contains", f"{CANARY}33@2026-11")])) == []
    assert store.count("events") == 67
    assert b'"daily -"' in bus.take(1)[0].data
    store.commit([Create("events/new", {"terms": ["new@2026-11"], "state": "handled", "body": ""})])
    assert [doc.id for doc in store.query("events", where=[("terms", "contains", "new@2026-11")])] == ["new"]
    database.require_whole()
    database.close()
