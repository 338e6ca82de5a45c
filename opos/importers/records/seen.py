"""What the rows of a file so far were about, kept on disk so that a file of any length fits."""

import sqlite3
from dataclasses import dataclass, field

_SCHEMA = "CREATE TABLE seen (key TEXT PRIMARY KEY, place TEXT NOT NULL, times INTEGER NOT NULL) WITHOUT ROWID"
_NOTE = "INSERT INTO seen VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING place, times"


def _database() -> sqlite3.Connection:
    database = sqlite3.connect("", isolation_level=None)  # a temporary file, which SQLite removes
    database.execute(_SCHEMA)
    database.execute("BEGIN")
    return database


@dataclass
class Seen:
    database: sqlite3.Connection = field(default_factory=_database)

    def note(self, key: str, place: str) -> tuple[str, int]:
        """The first place at which *key* was, and how often it was there, with this time."""
        ((first, times),) = self.database.execute(_NOTE, [key, place]).fetchall()
        return str(first), int(times)
