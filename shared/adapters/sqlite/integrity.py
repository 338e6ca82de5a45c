"""Whether a data file is whole: the structure of its pages, its indexes, and each of its documents."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Literal

from shared.adapters.sqlite.faults import damaged

Check = Literal["quick_check", "integrity_check"]
"""`integrity_check` also compares the indexes with the documents, and takes three times as long (SQLite, "PRAGMA")."""


def require_whole(connection: sqlite3.Connection, check: Check) -> None:
    """Raises DataFileDamaged, or the error that SQLite raises for a damaged file. Reads all of it."""
    require_sound(connection, check)
    if any(unreadable(connection)):
        raise damaged()


def require_sound(connection: sqlite3.Connection, check: Check) -> None:
    """The same for the pages of the file; says nothing about the content of documents."""
    if connection.execute(f"PRAGMA {check}(1)").fetchone() != ("ok",):
        raise damaged()


def unreadable(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The row and the path of each document that is not the JSON text that was stored."""
    rows = connection.execute("SELECT rowid, CAST(path AS BLOB), CAST(data AS BLOB) FROM docs")
    for row, path, data in rows:
        try:
            json.loads(data)
        except ValueError:
            yield row, path.decode("utf-8", "replace")
