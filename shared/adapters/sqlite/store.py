"""The Store on SQLite: one table of JSON documents, with an index per entry of `shared.ports.indexes`."""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import getrandbits
from typing import Any

from shared.adapters.sqlite import lists, record_lists
from shared.adapters.sqlite.database import Database, column, index_of
from shared.adapters.sqlite.faults import damaged
from shared.errors import AlreadyExists, Conflict, DataFileDamaged
from shared.ports import Condition, Create, Data, Delete, Doc, Set, Update, Write
from shared.ports.field_paths import EXPIRY, field, merge
from shared.ports.indexes import INDEXES, is_of_records
from shared.values.text import well_formed
from shared.values.timestamps import iso

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True)
class SqliteStore:
    database: Database

    def get(self, path: str) -> Doc | None:
        rows = self.database.read("SELECT path, data, version FROM docs WHERE path = ?", [path])
        return self._doc(rows[0]) if rows else None

    def query(
        self,
        collection: str,
        *,
        where: Sequence[Condition] = (),
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        after: Doc | None = None,
    ) -> Iterator[Doc]:
        if is_of_records(collection) and (where or order_by):
            values = self._rarest_first(collection, where)
            asked = record_lists.lookup(collection, values, order_by, descending=descending, limit=limit, after=after)
            return map(self._doc, self.database.iterate(*asked))
        filters, parameters = _filters(collection, where)
        order = column(_checked(order_by)) if order_by else None
        if order:
            filters.append(f"{order} IS NOT NULL")
        place = None if where or order else after
        if not where:
            filters += _bounds(collection, place, descending=descending)
        if place is not None:
            parameters.append(place.path)
        elif after is not None:
            keys = f"({order}, path)" if order else "(path)"
            filters.append(f"{keys} {'<' if descending else '>'} ({', '.join('?' * (2 if order else 1))})")
            parameters += [field(after.data, order_by), after.path] if order_by else [after.path]
        way = "DESC" if descending else "ASC"
        table = _table(collection, where, order_by)
        sql = f"SELECT path, data, version FROM {table} WHERE {' AND '.join(filters)} ORDER BY "  # noqa: S608  (names are checked)
        sql += f"{order} {way}, path {way}" if order else f"path {way}"
        if limit is not None:
            sql += " LIMIT ?"
            parameters.append(limit)
        return map(self._doc, self.database.iterate(sql, parameters))

    def _rarest_first(self, collection: str, where: Sequence[Condition]) -> Sequence[Condition]:
        """*where* in another order: a query of records walks through those with the first value."""
        if not where[1:] or any(operator != "==" for _, operator, _ in where):
            return where
        return sorted(where, key=lambda asked: self.database.read(*record_lists.rarity(collection, asked))[0][0])

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        if is_of_records(collection) and where:
            return int(self.database.read(*record_lists.count(collection, where))[0][0])
        if asked := _element(where):
            name, element = asked
            sql = f"SELECT count(*) FROM ({lists.matching(collection, _checked(name))})"  # noqa: S608
            return int(self.database.read(sql, [lists.words([element])])[0][0])
        filters, parameters = _filters(collection, where)
        filters += [] if where else _bounds(collection, None)
        table = _table(collection, where, None)
        rows = self.database.read(f"SELECT count(*) FROM {table} WHERE {' AND '.join(filters)}", parameters)  # noqa: S608
        return int(rows[0][0])

    def expire(self, now: datetime, *, limit: int = 1000) -> int:
        """Remove up to *limit* expired documents. Returns their number."""
        old = f"SELECT path FROM docs WHERE {column(EXPIRY)} <= ? LIMIT ?"  # noqa: S608  (the field's name is ours)
        sql = f"DELETE FROM docs WHERE path IN ({old})"  # noqa: S608
        return self.database.write(lambda db: db.execute(sql, [iso(now), limit]).rowcount)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        version = new_version()
        self.database.write(lambda connection: apply_all(connection, writes, version))
        return {write.path: str(version) for write in writes if not isinstance(write, Delete)}

    def _doc(self, row: tuple[str, str, int]) -> Doc:
        path, data, version = row
        try:
            return Doc(path, _load(data), str(version))
        except DataFileDamaged as fault:
            raise self.database.noted(fault) from fault


def new_version() -> int:
    """The version for a commit. It is random, because a counter would cost one more page per write."""
    return getrandbits(62)


def apply_all(connection: sqlite3.Connection, writes: Sequence[Write], version: int) -> None:
    """Apply *writes*. Raises the errors of `Store.commit`; the caller then rolls back."""
    for write in writes:
        _apply(connection, write, version)


def _apply(connection: sqlite3.Connection, write: Write, version: int) -> None:
    match write:
        case Create(path, data):
            _insert(connection, "INSERT INTO docs", "ON CONFLICT DO NOTHING", path, data, version)
        case Set(path, data):
            if lists.is_listed(_collection(path)) or is_of_records(path):
                connection.execute("DELETE FROM docs WHERE path = ?", [path])  # REPLACE would not run the trigger
            _insert(connection, "INSERT OR REPLACE INTO docs", "", path, data, version)
        case Update(path, data, if_version):
            _update(connection, path, data, if_version, version)
        case Delete(path, if_version):
            sql = "DELETE FROM docs WHERE path = ? AND version = ?"
            if not connection.execute(sql, [path, int(if_version)]).rowcount:
                raise Conflict(path)


def _insert(connection: sqlite3.Connection, into: str, otherwise: str, path: str, data: Data, version: int) -> None:
    """Raises AlreadyExists if nothing was written."""
    sql = f"{into} (path, collection, version, data) VALUES (?, ?, ?, ?) {otherwise}"
    written = connection.execute(sql, [path, _collection(path), version, _dump(data)])
    if not written.rowcount:
        raise AlreadyExists(path)
    lists.note(connection, _collection(path), written.lastrowid, before={}, after=data)


def _update(connection: sqlite3.Connection, path: str, data: Data, if_version: str, version: int) -> None:
    row = connection.execute("SELECT version, data, rowid FROM docs WHERE path = ?", [path]).fetchone()
    if row is None or str(row[0]) != if_version:
        raise Conflict(path)
    known = _load(row[1])
    merged = merge(known, data)
    connection.execute("UPDATE docs SET version = ?, data = ? WHERE path = ?", [version, _dump(merged), path])
    lists.note(connection, _collection(path), row[2], before=known, after=merged)
    if is_of_records(path):
        record_lists.note(connection, path, before=known, after=merged)


def _table(collection: str, where: Sequence[Condition], order_by: str | None) -> str:
    """The table with the index to use. SQLite on its own may prefer the collection over a range, and read all of it."""
    asked = [*([order_by] if order_by else []), *(name for name, _, _ in where)]
    indexed = next((name for name in asked if (collection, name) in INDEXES), None)
    return f"docs INDEXED BY {index_of(collection, indexed)}" if indexed else "docs"


def _element(where: Sequence[Condition]) -> tuple[str, str] | None:
    """The field and the element that `contains` asks for, the only condition of its query."""
    asked = [(name, value) for name, operator, value in where if operator == "contains"]
    if asked and len(where) > 1:
        raise ValueError(f"expected `contains` as the only condition, found {where}")
    return asked[0] if asked else None


def _filters(collection: str, where: Sequence[Condition]) -> tuple[list[str], list[Any]]:
    # The collection is a literal, because SQLite uses a partial index only for a literal.
    filters = [f"collection = '{_checked(collection)}'"]
    if asked := _element(where):
        name, element = asked
        return [*filters, f"rowid IN ({lists.matching(collection, _checked(name))})"], [lists.words([element])]
    filters += [f"{column(_checked(name))} IS NOT NULL" for name in dict.fromkeys(name for name, _, _ in where)]
    filters += [f"{column(_checked(name))} {'=' if operator == '==' else operator} ?" for name, operator, _ in where]
    return filters, [value for _, _, value in where]


def _bounds(collection: str, after: Doc | None, *, descending: bool = False) -> list[str]:
    """Where the documents of a collection begin and end. Of two lower bounds, SQLite may begin at the wrong one."""
    begin, end = f"path >= '{collection}/'", f"path < '{collection}0'"  # 0 follows the slash
    if after is None:
        return [begin, end]
    return [begin, "path < ?"] if descending else ["path > ?", end]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"expected a field or collection name such as pending.since, found {name!r}")
    return name


def _collection(path: str) -> str:
    return path.partition("/")[0]


def _load(data: str) -> Any:
    """The document. Raises DataFileDamaged if it is no longer the JSON that was stored."""
    try:
        return json.loads(data)
    except ValueError:
        raise damaged() from None


def _dump(data: Any) -> str:
    return well_formed(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
