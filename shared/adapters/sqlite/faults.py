"""Translates errors of SQLite and its disk, and measures the free space.

Source: SQLite, "Result and Error Codes": a full disk gives SQLITE_FULL, or SQLITE_IOERR or SQLITE_CANTOPEN if SQLite
cannot create the file that readers share, or if a file may not grow further.
"""

import errno
import shutil
import sqlite3
import tempfile
from pathlib import Path

from shared.errors import DataFileDamaged, DataFileReplaced, DiskFull, Unavailable

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNCLEAR = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNREADABLE = ("malformed JSON", "Could not decode to UTF-8")
"""How the messages begin for a document that is no longer JSON, and for one that is no longer text."""
_PRIMARY = 0xFF
_MORE = 65_536
"""Bytes: twice what SQLite allocates in one step."""


def unavailable(fault: BaseException, path: Path) -> Unavailable:
    """Our error for *fault*, an error of the database at *path*."""
    if isinstance(fault, Unavailable):
        return fault
    if _is_damage(fault):
        return damaged()
    if _is_full(fault, path):
        return DiskFull(
            "The disk is full, so opos cannot write.",
            hint="Free space on the disk of the data folder or of temporary files; opos then continues on its own.",
        )
    reason = fault.strerror if isinstance(fault, OSError) else fault
    return Unavailable(f"Cannot use the SQLite file: {reason}", hint="Check that the data folder is writable.")


def damaged(file: str = "The data file") -> DataFileDamaged:
    hint = "docs/runbooks/data-file-damaged.md: `opos restore` a backup, or what is left of the file."
    return DataFileDamaged(f"{file} is damaged.", hint=hint)


def replaced() -> DataFileReplaced:
    hint = "Save what opos still has open before you stop it: docs/runbooks/data-file-replaced.md"
    return DataFileReplaced("The data file was removed or replaced while opos had it open.", hint=hint)


def free_bytes(path: Path) -> int:
    """The space on the disk of *path*, which need not exist, for a process that is not root."""
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    return shutil.disk_usage(folder).free


def _is_damage(fault: BaseException) -> bool:
    code = getattr(fault, "sqlite_errorcode", 0) & _PRIMARY
    return code in _DAMAGED or (isinstance(fault, sqlite3.OperationalError) and str(fault).startswith(_UNREADABLE))


def _is_full(fault: BaseException, path: Path) -> bool:
    if isinstance(fault, OSError):
        return fault.errno in _NO_ROOM
    code = getattr(fault, "sqlite_errorcode", 0) & _PRIMARY
    return code == sqlite3.SQLITE_FULL or (code in _UNCLEAR and not _has_room(path))


def _has_room(path: Path) -> bool:
    """Whether a file next to the database can grow larger than the database.

    The test uses a new file: a process that closes a file of the database loses its locks on it (SQLite, "How To
    Corrupt An SQLite Database File").
    """
    try:
        longest = max(
            file.stat().st_size if file.exists() else 0 for file in (path, path.with_name(f"{path.name}-wal"))
        )
        with tempfile.TemporaryFile(dir=path.parent) as beside:
            beside.seek(longest)
            beside.write(bytes(_MORE))
    except OSError as fault:
        return fault.errno not in _NO_ROOM
    return True
