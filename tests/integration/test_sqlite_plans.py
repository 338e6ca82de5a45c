"""Each query uses its declared index, however many documents there are."""

from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite.backup import write_backup
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.salvage import salvage
from shared.adapters.sqlite.store import SqliteStore
from shared.ports import Condition, Create, Delete, Doc, Set, Update
from shared.ports.indexes import CHANGED, INDEXES, LISTS


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


@pytest.mark.parametrize(("collection", "field"), LISTS)
def test_an_element_of_a_list_is_looked_up_and_no_document_is_read_to_find_it(
    tmp_path: Path, collection: str, field: str
) -> None:
    database = Explaining(tmp_path / "opos.db")
    list(SqliteStore(database).query(collection, where=[(field, "contains", "a")], limit=1))
    assert any("docs USING INTEGER PRIMARY KEY" in step for step in database.plan), database.plan
    assert any("VIRTUAL TABLE INDEX" in step for step in database.plan)
    database.close()


ROWS = "SEARCH row USING PRIMARY KEY (collection=? AND field=?"
DOCUMENT = "SEARCH docs USING INDEX sqlite_autoindex_docs_1 (path=?)"
PLAN, FREE = ("listed.plan", "==", "free"), ("listed.tags", "contains", "a")
PLANS: dict[str, tuple[list[Condition], str | None, list[str]]] = {
    "the newest": ([], CHANGED, [f"{ROWS})"]),
    "in an order": ([], "listed.plan", [f"{ROWS})"]),
    "with a value": ([PLAN], CHANGED, [f"{ROWS} AND key=?)"]),
    "with an element": ([FREE], CHANGED, [f"{ROWS} AND key=?)"]),
    "with two values": (
        [PLAN, ("listed.name", "==", "x")],
        CHANGED,
        [f"{ROWS} AND key=?)", "CORRELATED SCALAR SUBQUERY"],
    ),
    "of another shape": ([("listed_as", "<", "a")], "listed_as", [f"{ROWS} AND "]),
    "merged into a record": ([("into", "==", "x")], None, [f"{ROWS} AND key=?"]),
    "with a word": ([("terms", "contains", "a")], None, [f"{ROWS} AND key=?"]),
}


@pytest.mark.parametrize("is_later", [False, True])
@pytest.mark.parametrize(("where", "order_by", "steps"), PLANS.values(), ids=PLANS)
def test_a_list_of_records_reads_its_rows_in_order_and_only_the_documents_that_it_shows(
    tmp_path: Path, where: list[Condition], order_by: str | None, steps: list[str], *, is_later: bool
) -> None:
    database = Explaining(tmp_path / "opos.db")
    after = (
        Doc("records_deal/1", {"listed": {"plan": "a", "changed_at": "b"}, "listed_as": "0"}, "") if is_later else None
    )
    list(SqliteStore(database).query("records_deal", where=where, order_by=order_by, limit=50, after=after))
    assert not [step for step in database.plan if "SCAN" in step or "TEMP B-TREE" in step], database.plan
    assert database.plan[0].startswith(steps[0].removesuffix(")"))
    assert DOCUMENT in database.plan
    assert all(any(step.startswith(begin.removesuffix(")")) for step in database.plan) for begin in steps)
    database.close()


class Listening(Database):
    """Keeps what it was asked last."""

    def iterate(self, sql: str, parameters: Any = ()) -> Any:
        self.asked = list(parameters)
        return super().iterate(sql, self.asked)


def test_a_list_with_several_values_walks_through_the_records_that_have_the_rarest(tmp_path: Path) -> None:
    database = Listening(tmp_path / "opos.db")
    store = SqliteStore(database)
    for number in range(5):
        listed = {"plan": "free", "name": str(number), "changed_at": "2026"}
        store.commit([Create(f"records_deal/{number}", {"listed": listed})])
    where: list[Condition] = [("listed.plan", "==", "free"), ("listed.name", "==", "3")]
    for asked in (where, where[::-1]):
        assert [doc.id for doc in store.query("records_deal", where=asked, order_by=CHANGED)] == ["3"]
        assert database.asked[:3] == ["records_deal", "listed.name", "3"]
    database.close()


@pytest.mark.parametrize("descending", [False, True])
def test_a_page_begins_where_the_one_before_ended_and_looks_at_nothing_before(
    tmp_path: Path, *, descending: bool
) -> None:
    database = Database(tmp_path / "opos.db")
    store, number = SqliteStore(database), 3_000
    store.commit([Create(f"record_changes/{n:04}", {}) for n in range(number)])
    ids = [f"{n:04}" for n in sorted(range(number), reverse=descending)]
    steps: list[int] = []
    with database._reader() as connection:  # the next query has this connection, too
        connection.set_progress_handler(lambda: steps.append(1), 100)  # each hundred instructions
    last: Doc | None = None
    for page in range(0, number, 500):
        docs = list(store.query("record_changes", descending=descending, after=last, limit=10))
        assert [doc.id for doc in docs] == ids[page : page + 10]
        last = Doc(f"record_changes/{ids[min(page + 499, number - 1)]}", {}, "")
    assert len(steps) < 60
    database.close()


def test_the_rows_of_a_changed_record_are_those_of_one_that_was_written_as_it_is_now(tmp_path: Path) -> None:
    changed, written = (SqliteStore(Database(tmp_path / name)) for name in ("changed.db", "written.db"))
    bodies = [
        {"listed": {"plan": "free", "tags": ["a", "b"], "changed_at": "1"}, "listed_as": "x", "terms": ["ada", "l"]},
        {"listed": {"plan": "pro", "tags": ["b"], "changed_at": "2"}, "listed_as": "y", "terms": ["ada"]},
        {"listed": None, "listed_as": None, "terms": [], "into": "other"},
        {"listed": {"plan": "pro", "tags": [], "changed_at": "3"}, "listed_as": "y", "terms": ["ada"], "into": None},
    ]
    (version,) = changed.commit([Create("records_deal/1", {})]).values()
    for body in bodies:
        (version,) = changed.commit([Update("records_deal/1", body, version)]).values()
        written.commit([Set("records_deal/1", body)])
        rows = [store.database.read("SELECT * FROM record_lists ORDER BY 1, 2, 3") for store in (changed, written)]
        assert rows[0] == rows[1] != []
    changed.commit([Delete("records_deal/1", version)])
    assert changed.database.read("SELECT * FROM record_lists") == []
    changed.database.close()
    written.database.close()


def test_a_backup_and_a_salvaged_copy_find_what_the_file_did(tmp_path: Path) -> None:
    store = SqliteStore(Database(tmp_path / "opos.db"))
    record = {"listed": {"plan": "free", "tags": ["a", "b"], "changed_at": "2026"}, "terms": ["x"]}
    store.commit([Create("records_deal/1", record), Create("records_deal/2", {"listed": None})])
    versions = {
        number: store.commit([Create(f"events/{number:02}", {"terms": [f"w{number}", "all"]})]) for number in range(30)
    }
    for number in range(0, 30, 3):
        store.commit([Delete(path, version) for path, version in versions[number].items()])
    write_backup(tmp_path / "opos.db", tmp_path / "backup.db")
    (tmp_path / "salvaged.db").touch()
    assert salvage(tmp_path / "opos.db", tmp_path / "salvaged.db") == []
    for name in ("backup.db", "salvaged.db"):
        copy = SqliteStore(Database(tmp_path / name))
        assert [doc.id for doc in copy.query("events", where=[("terms", "contains", "w16")])] == ["16"]
        assert list(copy.query("events", where=[("terms", "contains", "w15")])) == []
        assert copy.count("events", where=[("terms", "contains", "all")]) == 20
        asked: list[tuple[Condition, str | None]] = [
            (("listed.tags", "contains", "b"), CHANGED), (("listed.plan", "==", "free"), CHANGED),
            (("terms", "contains", "x"), None),
        ]  # fmt: skip
        for condition, order_by in asked:
            assert [doc.id for doc in copy.query("records_deal", where=[condition], order_by=order_by)] == ["1"]
        copy.database.close()
    store.database.close()


def test_a_file_of_an_earlier_version_gets_the_indexes_it_lacks(tmp_path: Path) -> None:
    old = Database(tmp_path / "opos.db")
    old.write(lambda db: db.execute("DROP INDEX alerts_pending_place"))
    old.write(lambda db: db.execute("PRAGMA user_version = 1"))
    old.close()
    store = SqliteStore(Database(tmp_path / "opos.db"))
    assert list(store.query("alerts", order_by="pending.place")) == []
    store.database.close()
