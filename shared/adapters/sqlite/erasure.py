"""Takes out of a data file what was deleted or overwritten in it.

SQLite leaves deleted text in pages that it may use again, in the log beside the file, and in the full-text index, which
keeps it until its parts are merged. Sources: SQLite, "VACUUM", "PRAGMA secure_delete", "PRAGMA wal_checkpoint".
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from shared.adapters.sqlite import lists
from shared.adapters.sqlite.backup import connect, translated
from shared.errors import Unavailable

_PATIENCE = 30.0
"""Seconds to wait for the readers and writers of other processes."""
_PAUSE = 0.1


def erase(path: Path, scrub: Callable[[str], str]) -> None:
    """Leave nothing in the file at *path* and its log but what its documents say now, and its messages after *scrub*.

    The file may be in use, but nobody can write while it is packed: about two seconds for each 100 MB. It needs as much
    free space again as the file has. Raises Unavailable if a reader does not let go of the log.
    """
    with translated(path), closing(connect(path, "rw")) as connection:
        connection.execute(f"PRAGMA busy_timeout={_PATIENCE * 1000:.0f}")
        connection.execute("PRAGMA secure_delete=ON")
        _scrub_messages(connection, scrub)
        connection.execute("VACUUM")
        _index_again(connection)
        _empty_log(connection)


def _scrub_messages(connection: sqlite3.Connection, scrub: Callable[[str], str]) -> None:
    """What waits on the bus goes out without the person, too."""
    connection.execute("BEGIN IMMEDIATE")
    for id, data in connection.execute("SELECT id, data FROM messages").fetchall():
        known = bytes(data).decode("utf-8", "replace")
        if (scrubbed := scrub(known)) != known:
            connection.execute("UPDATE messages SET data = ? WHERE id = ?", [scrubbed.encode(), id])
    connection.execute("COMMIT")


def _index_again(connection: sqlite3.Connection) -> None:
    """Make the full-text index anew: it has no deleted words then, and the row numbers of the packed file."""
    connection.execute("BEGIN IMMEDIATE")
    lists.empty(connection)
    lists.fill(connection)
    connection.execute("COMMIT")


def _empty_log(connection: sqlite3.Connection) -> None:
    end = time.monotonic() + _PATIENCE
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > end:
            raise Unavailable(
                "The log of the data file could not be emptied: another process reads it all the time.",
                hint="Stop the bundle and run the command again.",
            )
        time.sleep(_PAUSE)
