"""Reads what is left of a damaged data file.

`.recover` of sqlite3 3.40 fails on every file of opos, whole or damaged ("SQL logic error"), and its `.dump` leaves out
all rows between the first and the last damaged page.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.adapters.sqlite import lists
from shared.adapters.sqlite.backup import connect, translated
from shared.adapters.sqlite.database import Database

_DOCUMENTS = "SELECT CAST(path AS BLOB), CAST(collection AS BLOB), version, CAST(data AS BLOB) FROM docs"
_MESSAGES = (
    "SELECT message_id, topic, subscription, data, attributes, published_at, due_at, attempts FROM messages NOT INDEXED"
)
_STRIDE = 50_000
"""How many row numbers are read in one query, if no page among them is damaged."""
_ROWS_PER_PAGE = 400
"""More than fit on a page: bounds the row numbers if the last one cannot be read."""


def salvage(source: Path, copy: Path) -> list[str]:
    """Write each document and message of *source* that can be read to the empty file *copy*.

    Returns the paths of documents that were found, but are no longer JSON; what was on a damaged page is not known.
    Raises DataFileDamaged if not even the list of tables can be read.
    """
    left_out: list[str] = []
    with translated(source), closing(connect(source, "ro")) as damaged, closing(Database(copy)) as database:
        documents = list(_sound(_rows(damaged, _DOCUMENTS, "docs"), left_out))
        messages = list(_rows(damaged, _MESSAGES, "messages"))
        database.write(lambda db: _insert(db, documents, messages))
    return left_out


def _insert(db: sqlite3.Connection, documents: list[Any], messages: list[Any]) -> None:
    db.executemany("INSERT OR IGNORE INTO docs (path, collection, version, data) VALUES (?, ?, ?, ?)", documents)
    lists.fill(db)
    db.executemany(
        "INSERT INTO messages (message_id, topic, subscription, data, attributes, published_at, due_at, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        messages,
    )


def _sound(rows: Iterator[Any], left_out: list[str]) -> Iterator[tuple[str, str, int, str]]:
    """The documents of *rows*; the paths of those that are no longer JSON are added to *left_out*."""
    for path, collection, version, data in rows:
        try:
            json.loads(data)
            yield path.decode(), collection.decode(), version, data.decode()
        except ValueError:
            left_out.append(path.decode("utf-8", "replace"))


def _rows(db: sqlite3.Connection, select: str, table: str) -> Iterator[Any]:
    last = _last_row(db, table)
    for first in range(0, last + 1, _STRIDE):
        yield from _between(db, select, first, min(first + _STRIDE - 1, last))


def _last_row(db: sqlite3.Connection, table: str) -> int:
    try:
        ((last,),) = db.execute(f"SELECT max(rowid) FROM {table}").fetchall()  # noqa: S608  (the names are ours)
    except sqlite3.DatabaseError:
        ((pages,),) = db.execute("PRAGMA page_count").fetchall()
        return int(pages) * _ROWS_PER_PAGE
    return int(last or 0)


def _between(db: sqlite3.Connection, select: str, first: int, last: int) -> Iterator[Any]:
    """The rows from *first* to *last*. Halves a range that meets a damaged page, down to single rows."""
    try:
        yield from db.execute(f"{select} WHERE rowid BETWEEN ? AND ?", [first, last]).fetchall()
    except sqlite3.DatabaseError:
        if first < last:
            middle = (first + last) // 2
            yield from _between(db, select, first, middle)
            yield from _between(db, select, middle + 1, last)
