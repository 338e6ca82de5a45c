"""The index of records: a table with a row for each listed field, element of a listed list, and word of a title.

It needs to know no kind: what a document has in `listed` is indexed. So a kind that changes needs no new index here,
and the rows need no lock but that of a write (ADR 61). Only rows of listed fields have the time of the last change, so
a change that leaves the title as it is writes none for its words. Triggers keep the rows of new and removed documents,
whoever writes them; `note` those of a document that changes.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.ports import Condition, Doc
from shared.ports.field_paths import field
from shared.ports.indexes import CHANGED, LEADS_TO, LISTED_AS, RECORDS, WORDS

_TABLE = "record_lists"
FEW = 1000
"""From this number on, a value does not count as rarer than another."""
_ROW = "collection, field, key, changed_at, path"
_ELEMENTS = "json_each(CASE listed.type WHEN 'array' THEN listed.value ELSE '[]' END)"
_OTHERS = (LISTED_AS, LEADS_TO, WORDS)
Order = tuple[tuple[str, str | None], ...]
"""The columns that order a query, each with the field of the document that it has; None where it is always empty."""
_PATH = "path"
_BY_ID: Order = (("row.path", _PATH),)
_BY_CHANGE: Order = (("row.changed_at", CHANGED), *_BY_ID)
_UNDATED: Order = (("row.changed_at", None), *_BY_ID)


def _rows(doc: str) -> str:
    """The SQL of the rows of the document *doc*."""
    listed = f"FROM json_each({doc}.data, '$.listed') AS listed"
    values = [
        f"SELECT 'listed.' || key AS field, value AS key {listed} WHERE type = 'text'",
        f"SELECT 'listed.' || listed.key, element.value {listed}, {_ELEMENTS} AS element",
        *(f"SELECT '{name}', value FROM json_each({doc}.data, '$.{name}')" for name in _OTHERS),  # noqa: S608
    ]
    changed = f"CASE WHEN field GLOB 'listed.*' THEN coalesce(json_extract({doc}.data, '$.{CHANGED}'), '') ELSE '' END"
    rows = f"SELECT {doc}.collection, field, key, {changed}, {doc}.path FROM ({' UNION ALL '.join(values)})"  # noqa: S608
    return f"{rows} WHERE key IS NOT NULL"


def _trigger(event: str, *steps: str) -> Iterator[str]:
    doc = "old" if event == "DELETE" else "new"
    when = f"{doc}.collection >= '{RECORDS}' AND {doc}.collection < '{RECORDS[:-1]}`'"  # ` follows the underscore
    when += "" if event == "INSERT" else " AND json_valid(old.data)"
    name = f"{_TABLE}_{event.lower()}"
    yield f"DROP TRIGGER IF EXISTS {name}; CREATE TRIGGER {name} AFTER {event} ON docs WHEN {when} "
    yield f"BEGIN {' '.join(steps)} END;"


def _sql() -> Iterator[str]:
    yield f"CREATE TABLE IF NOT EXISTS {_TABLE} (collection TEXT NOT NULL, field TEXT NOT NULL, key TEXT NOT NULL, "
    yield f"changed_at TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY ({_ROW})) WITHOUT ROWID;"
    added = f"INSERT OR IGNORE INTO {_TABLE} ({_ROW}) {_rows('new')};"
    removed = f"DELETE FROM {_TABLE} WHERE ({_ROW}) IN ({_rows('old')});"  # noqa: S608
    yield from _trigger("INSERT", added)
    yield from _trigger("DELETE", removed)


SCHEMA = "".join(_sql())
_REMOVE = f"DELETE FROM {_TABLE} WHERE ({_ROW}) = (?, ?, ?, ?, ?)"  # noqa: S608
_ADD = f"INSERT OR IGNORE INTO {_TABLE} ({_ROW}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608


def note(connection: sqlite3.Connection, path: str, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Index the record *path* by what *after* has, in the place of what *before* had."""
    collection = path.partition("/")[0]
    old, new = ({(collection, *row, path) for row in _rows_in(doc)} for doc in (before, after))
    connection.executemany(_REMOVE, old - new)
    connection.executemany(_ADD, new - old)


def _rows_in(doc: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The field, the key and the time of each row of *doc*: what `_rows` says in SQL."""
    listed = doc.get("listed") or {}
    for name, key in listed.items():
        for element in key if isinstance(key, list) else [key]:
            yield f"listed.{name}", element, listed.get("changed_at") or ""
    for name in _OTHERS:
        key = doc.get(name)
        for element in key if isinstance(key, list) else [key] if key else []:
            yield name, element, ""


class Statement(NamedTuple):
    sql: str
    parameters: list[Any]


def lookup(
    collection: str,
    where: Sequence[Condition],
    order_by: str | None,
    *,
    descending: bool = False,
    limit: int | None = None,
    after: Doc | None = None,
) -> Statement:
    """The documents, by the rows of the first value that *where* asks for, or else of the field that orders them."""
    order = _order(where, order_by)
    filters, parameters = _matches(collection, where, order_by)
    if after is not None:
        columns, marks = ", ".join(column for column, _ in order), ", ".join("?" * len(order))
        filters += f" AND ({columns}) {'<' if descending else '>'} ({marks})"
        parameters += [_value(after, name) for _, name in order]
    way = "DESC" if descending else "ASC"
    ways = ", ".join(f"{column} {way}" for column, _ in order)
    # A cross join is not turned round, so the rows are read in order, and nothing is sorted.
    sql = f"SELECT docs.path, data, version FROM {_TABLE} AS row CROSS JOIN docs ON docs.path = row.path"  # noqa: S608
    limited = [*parameters, -1 if limit is None else limit]
    return Statement(f"{sql} WHERE {filters} ORDER BY {ways} LIMIT ?", limited)


def rarity(collection: str, condition: Condition) -> Statement:
    """How many rows have the value that *condition* asks for, but at most FEW."""
    sql, parameters = _matches(collection, [condition], None)
    rows = f"SELECT 1 FROM {_TABLE} AS row WHERE {sql} LIMIT {FEW}"  # noqa: S608
    return Statement(f"SELECT count(*) FROM ({rows})", parameters)  # noqa: S608


def count(collection: str, where: Sequence[Condition]) -> Statement:
    sql, parameters = _matches(collection, where, where[0][0])
    return Statement(f"SELECT count(*) FROM {_TABLE} AS row WHERE {sql}", parameters)  # noqa: S608


def _order(where: Sequence[Condition], order_by: str | None) -> Order:
    values = _values(where)
    if not values:
        return (("row.key", order_by), *(_UNDATED if order_by in _OTHERS else _BY_CHANGE))
    if order_by not in {None, CHANGED} or (order_by and values[0][0] in _OTHERS):
        expected = f"records with a listed value to be ordered by {CHANGED}, and others by nothing"
        raise ValueError(f"expected {expected}, found {order_by} and {where}")
    return _BY_CHANGE if order_by else _BY_ID


def _value(doc: Doc, name: str | None) -> Any:
    """What *doc* has in the column of the field *name*."""
    if name is None:
        return ""
    return doc.path if name == _PATH else field(doc.data, name)


def _values(where: Sequence[Condition]) -> list[Condition]:
    return [condition for condition in where if condition[1] in {"==", "contains"}]


def _matches(collection: str, where: Sequence[Condition], order_by: str | None) -> tuple[str, list[Any]]:
    """What the rows must fulfil, and its parameters."""
    values, ranges = _values(where), [condition for condition in where if condition not in _values(where)]
    name = values[0][0] if values else order_by
    filters, parameters = ["row.collection = ?", "row.field = ?"], [collection, name]
    if values:
        filters.append("row.key = ?")
        parameters.append(values[0][2])
        filters += ["row.changed_at = ''"] if name in _OTHERS else []  # so the rows are known to be in the order of ids
    filters += [f"row.key {operator} ?" for _, operator, _ in ranges]
    parameters += [value for _, _, value in ranges]
    for name, _, value in values[1:]:
        also = "collection = row.collection AND field = ? AND key = ? "
        also += "AND changed_at = row.changed_at AND path = row.path"
        filters.append(f"EXISTS (SELECT 1 FROM {_TABLE} WHERE {also})")  # noqa: S608
        parameters += [name, value]
    return " AND ".join(filters), parameters
