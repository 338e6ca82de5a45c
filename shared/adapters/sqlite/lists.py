"""The index of a field with a list of texts: one full-text table for each entry of `shared.ports.indexes.LISTS`.

The table has the elements only, as hexadecimal words, so that any text is exactly one word. An ordinary table with a
row for each element doubles the time of a write; the full-text index writes the elements of a commit together (ADR 52).
Source: SQLite, "SQLite FTS5 Extension", 4.4.3 (contentless tables) and 4.6 (`detail=none`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.ports.field_paths import field
from shared.ports.indexes import LISTS

_FIELDS = dict(LISTS)


def table(collection: str, name: str) -> str:
    return f"{collection}_{name}_list"


def _elements_in(data: str, name: str) -> str:
    """The SQL of the elements as `words` writes them; NULL if there are none."""
    return f"(SELECT group_concat(hex(value), ' ') FROM json_each({data}, '$.{name}'))"  # noqa: S608  (our names)


def _sql(collection: str, name: str) -> Iterator[str]:
    """The table, and the trigger that takes a removed document out of it, whoever removes it.

    It merges its parts as late as FTS5 allows, which halves what it adds to a write (6.8, "automerge").
    """
    own, elements = table(collection, name), _elements_in("old.data", name)
    yield f"CREATE VIRTUAL TABLE IF NOT EXISTS {own} USING fts5"
    yield "(elements, content='', detail=none, columnsize=0, tokenize='ascii');"
    yield f"INSERT INTO {own} ({own}, rank) VALUES ('automerge', 16);"  # noqa: S608
    yield f"DROP TRIGGER IF EXISTS {own}_removed; CREATE TRIGGER {own}_removed AFTER DELETE ON docs "
    yield f"WHEN old.collection = '{collection}' AND json_valid(old.data) AND {elements} IS NOT NULL "
    yield f"BEGIN INSERT INTO {own} ({own}, rowid, elements) VALUES ('delete', old.rowid, {elements}); END;"  # noqa: S608


SCHEMA = "".join(part for collection, name in LISTS for part in _sql(collection, name))


def matching(collection: str, name: str) -> str:
    """The SQL of the rows whose list has an element; its parameter is `words` of the element."""
    if (collection, name) not in LISTS:
        raise ValueError(f"expected a field of LISTS in shared/ports/indexes.py, found {collection}.{name}")
    own = table(collection, name)
    return f"SELECT rowid FROM {own} WHERE {own} MATCH ?"  # noqa: S608  (the names are ours)


def words(elements: Iterable[str]) -> str:
    return " ".join(element.encode("utf-8", "replace").hex() for element in elements)


def is_listed(collection: str) -> bool:
    return collection in _FIELDS


def note(
    connection: sqlite3.Connection,
    collection: str,
    row: int | None,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Index what *after* has in the place of what *before* had in it, for the document at *row*."""
    name = _FIELDS.get(collection)
    if name is None or (old := _elements(before, name)) == (new := _elements(after, name)):
        return
    own = table(collection, name)
    if old:
        removed = f"INSERT INTO {own} ({own}, rowid, elements) VALUES ('delete', ?, ?)"  # noqa: S608
        connection.execute(removed, [row, words(old)])
    if new:
        connection.execute(f"INSERT INTO {own} (rowid, elements) VALUES (?, ?)", [row, words(new)])  # noqa: S608


def _elements(data: Mapping[str, Any], name: str) -> Sequence[str]:
    listed = field(data, name)
    return listed if isinstance(listed, list) else []


def fill(connection: sqlite3.Connection) -> None:
    """Index all documents of a file whose tables are empty."""
    for collection, name in LISTS:
        elements = _elements_in("data", name)
        connection.execute(
            f"INSERT INTO {table(collection, name)} (rowid, elements) SELECT rowid, {elements} FROM docs "  # noqa: S608
            f"WHERE collection = '{collection}' AND {elements} IS NOT NULL"
        )


def empty(connection: sqlite3.Connection) -> None:
    """Take every document out of the index. Source: SQLite, "SQLite FTS5 Extension", 6.4, "delete-all"."""
    for collection, name in LISTS:
        own = table(collection, name)
        connection.execute(f"INSERT INTO {own} ({own}) VALUES ('delete-all')")  # noqa: S608
