"""What a fault of SQLite, or of its disk, means; whether it is that the disk is full; and how much room there is.

Source: SQLite, "Result and Error Codes": SQLITE_FULL where the disk is; SQLITE_IOERR or SQLITE_CANTOPEN where that
keeps it from making the file that readers share, or where a file may not become that long.
"""

import errno
import shutil
import sqlite3
import tempfile
from pathlib import Path

from shared.errors import DiskFull, Unavailable

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNCLEAR = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_PRIMARY = 0xFF
_MORE = 65_536
"""Bytes: twice what SQLite asks for at once."""


def unavailable(fault: BaseException, path: Path) -> Unavailable:
    """*fault*, of the database at *path*, as one of ours."""
    if _is_full(fault, path):
        return DiskFull(
            "The disk is full: nothing can be written.",
            hint="Make room on the disk of the data folder, or of temporary files; all goes on by itself then.",
        )
    return Unavailable(f"The SQLite file could not be used: {fault}", hint="Is the data folder writable?")


def free_bytes(path: Path) -> int:
    """What a process that is not root may still write to the disk of *path*, which need not be there yet."""
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    return shutil.disk_usage(folder).free


def _is_full(fault: BaseException, path: Path) -> bool:
    if isinstance(fault, OSError):
        return fault.errno in _NO_ROOM
    code = getattr(fault, "sqlite_errorcode", 0) & _PRIMARY
    return code == sqlite3.SQLITE_FULL or (code in _UNCLEAR and not _has_room(path))


def _has_room(path: Path) -> bool:
    """Whether a file beside the database can become larger than it is.

    Not by the database's own files: a process that closes one of them loses the locks it has on it (SQLite, "How To
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
