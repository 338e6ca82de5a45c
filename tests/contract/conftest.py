from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.ports import Store
from tests.fakes import FakeStore


@pytest.fixture(params=["fake", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    database = Database(tmp_path / "opos.db")
    yield FakeStore() if request.param == "fake" else SqliteStore(database)
    database.close()
