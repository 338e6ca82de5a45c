"""Copies of a data file: each is one file, verified before it gets its name, and readable only by its owner."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from shared.adapters.sqlite.data_file import ENDS, PRIVATE, beside
from shared.adapters.sqlite.faults import damaged, unavailable
from shared.adapters.sqlite.integrity import require_sound, require_whole, unreadable
from shared.errors import DataFileDamaged, OposError, Unavailable

_TABLES = {"docs", "messages", "sequence"}


class NoDataFile(OposError):
    """There is no data file of opos where one was expected."""

    code = "no_data_file"


def write_backup(source: Path, target: Path) -> None:
    """Write the present state of *source*, which may be in use, to *target*, which is replaced as a whole.

    Raises NoDataFile, DataFileDamaged, DiskFull or Unavailable; *target* is then as it was. A backup has no page that
    deleted documents once filled (SQLite, "VACUUM INTO").
    """
    with draft(target) as copy:
        with translated(source), closing(connect(source, "rw")) as live:
            _require_opos(live, source)
            live.execute("VACUUM INTO ?", [str(copy)])
        with translated(source), closing(connect(copy, "ro")) as written:
            require_whole(written, "integrity_check")
        with translated(target):
            replace(copy, target)


def copy_back(source: Path, copy: Path) -> list[str]:
    """Copy *source*, a backup or a data file with its log beside it, to the empty file *copy*, and verify it.

    Raises as `write_backup` does. Returns the paths of documents that are left out, because they are no longer the JSON
    that was stored: a file that another program has put together may have some.
    """
    with translated(source), closing(connect(source, "ro")) as backup, closing(connect(copy, "rw")) as written:
        _require_opos(backup, source)
        backup.backup(written)
        written.execute("PRAGMA journal_mode=DELETE")
        require_sound(written, "integrity_check")
        left_out = list(unreadable(written))
        written.executemany("DELETE FROM docs WHERE rowid = ?", [(row,) for row, _ in left_out])
    return [path for _, path in left_out]


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """An empty file beside *target* that only its owner can read. What is left of it in the end is removed."""
    path = target.with_name(f".{target.name}.new")
    _remove(path)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    except PermissionError as fault:
        raise Unavailable(f"expected a folder that you may write to, found {target.parent}") from fault
    try:
        yield path
    finally:
        _remove(path)


def complete(copy: Path) -> None:
    """Wait until *copy*, which no process has open, is whole on the disk."""
    if beside(copy, "-wal").exists():
        raise Unavailable("The copy could not be completed: SQLite has kept a log of it.")
    sync(copy)


def replace(copy: Path, target: Path) -> None:
    """Give *copy* the name *target*."""
    complete(copy)
    copy.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until the file or folder *path* is on the disk. The file must not be open as a database."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for end in ENDS:
        beside(path, end).unlink(missing_ok=True)


def connect(path: Path, mode: Literal["ro", "rw"]) -> sqlite3.Connection:
    """A connection to the data file *path*. Raises NoDataFile if there is none."""
    if not path.is_file():
        raise NoDataFile(f"expected a data file of opos, found no file {path}")
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode={mode}", uri=True, isolation_level=None)


def _require_opos(connection: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables >= _TABLES:
        raise NoDataFile(f"expected a data file of opos, found another database: {path}")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the disk of *path* as ours; that a file is damaged names the file."""
    try:
        yield
    except (sqlite3.Error, OSError, DataFileDamaged) as fault:
        meaning = unavailable(fault, path)
        raise damaged(str(path)) if isinstance(meaning, DataFileDamaged) else meaning from fault
