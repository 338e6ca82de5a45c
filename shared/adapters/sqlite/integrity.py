"""Whether a data file is whole: the structure of its pages, its indexes, and each of its documents."""

import json
import sqlite3
from collections.abc import Iterator

from shared.adapters.sqlite.faults import damaged


def require_whole(connection: sqlite3.Connection) -> None:
    """Raises DataFileDamaged, or the error that SQLite raises for a damaged file. As fast as the disk reads."""
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise damaged()
    if connection.execute("SELECT 1 FROM docs WHERE NOT json_valid(data) LIMIT 1").fetchone():
        raise damaged()


def require_sound_indexes(connection: sqlite3.Connection) -> None:
    """The same, and compares each index with the documents; says nothing about documents that no index has."""
    if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        raise damaged()


def unreadable(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The row and the path of each document that is not the JSON text that was stored."""
    rows = connection.execute("SELECT rowid, CAST(path AS BLOB), CAST(data AS BLOB) FROM docs")
    for row, path, data in rows:
        try:
            json.loads(data)
        except ValueError:
            yield row, path.decode("utf-8", "replace")
