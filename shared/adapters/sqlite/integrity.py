"""Whether a data file is whole: the structure of its pages, its indexes, and that each document is still JSON."""

import sqlite3
from typing import Literal

from shared.adapters.sqlite.faults import damaged

Check = Literal["quick_check", "integrity_check"]
"""`quick_check` does not compare the indexes with the documents, and is three times as fast (SQLite, "PRAGMA")."""


def require_whole(connection: sqlite3.Connection, check: Check = "quick_check") -> None:
    """Raises DataFileDamaged, or the error that SQLite itself raises for a damaged file."""
    if connection.execute(f"PRAGMA {check}(1)").fetchone() != ("ok",):
        raise damaged()
    if connection.execute("SELECT 1 FROM docs WHERE NOT json_valid(data) LIMIT 1").fetchone():
        raise damaged()
