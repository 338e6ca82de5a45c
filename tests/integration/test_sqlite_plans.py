"""Each query uses its declared index, however many documents there are."""

from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.ports import Condition
from shared.ports.indexes import INDEXES


class Explaining(Database):
    """Answers with how it would answer."""

    def iterate(self, sql: str, parameters: Any) -> Any:
        self.plan = [row[3] for row in super().iterate(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return iter([])

    def read(self, sql: str, parameters: Any) -> Any:
        list(self.iterate(sql, parameters))
        return [[0]]


@pytest.mark.parametrize("way", ["range", "order", "equal", "count"])
@pytest.mark.parametrize(("collection", "field"), INDEXES)
def test_a_query_uses_the_index_of_its_field_and_sorts_nothing(
    tmp_path: Path, collection: str, field: str, way: str
) -> None:
    database = Explaining(tmp_path / "opos.db")
    store = SqliteStore(database)
    between: list[Condition] = [(field, ">=", "a"), (field, "<", "b")]
    if way == "range":
        list(store.query(collection, where=between, order_by=field, limit=1))
    elif way == "order":
        list(store.query(collection, order_by=field, descending=True))
    elif way == "equal":
        list(store.query(collection, where=[(field, "==", "a")]))
    else:
        store.count(collection, where=between)
    index = f"{collection}_{field}".replace(".", "_")
    assert len(database.plan) == 1, database.plan
    assert f"INDEX {index}" in database.plan[0]
    database.close()


def test_a_file_of_an_earlier_version_gets_the_indexes_it_lacks(tmp_path: Path) -> None:
    old = Database(tmp_path / "opos.db")
    old.write(lambda db: db.execute("DROP INDEX alerts_pending_place"))
    old.write(lambda db: db.execute("PRAGMA user_version = 1"))
    old.close()
    store = SqliteStore(Database(tmp_path / "opos.db"))
    assert list(store.query("alerts", order_by="pending.place")) == []
    store.database.close()
