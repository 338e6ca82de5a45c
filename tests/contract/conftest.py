from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.ports import Store
from tests.support import emulators
from tests.support import requirements as needs
from tests.support.fakes import FakeStore


def _sqlite(folder: Path) -> Iterator[Store]:
    database = Database(folder / "opos.db")
    yield SqliteStore(database)
    database.close()


def _firestore(_: Path) -> Iterator[Store]:
    from shared.adapters.firestore.store import connect

    yield connect(emulators.new_project(), "(default)", emulators.running().firestore)


def _fake(_: Path) -> Iterator[Store]:
    yield FakeStore(any_query=True)


@pytest.fixture(
    params=[_fake, _sqlite, pytest.param(_firestore, marks=needs.emulators)], ids=lambda make: make.__name__
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    make: Callable[[Path], Iterator[Store]] = request.param
    yield from make(tmp_path)
