"""Files that the command line writes: replaced as a whole, or readable only by their owner."""

import os
import stat
from pathlib import Path
from typing import IO


def write_whole(file: Path, text: str, *, mode: int | None = None) -> None:
    """Replaces *file* with *text*: its readers see the old content or the new content, and never a part.

    A symbolic link stays one: the file that it leads to is replaced. Line ends stay as they are in *text*.
    """
    draft(file, text.encode(), mode=mode).replace(file.resolve())


def draft(file: Path, content: bytes, *, mode: int | None = None) -> Path:
    """A file with *content* next to *file*, to replace it. It has *mode* from its first byte on, else that of *file*.

    Nothing is left of it if it cannot be written as a whole.
    """
    file = file.resolve()
    if mode is None and file.exists():
        mode = stat.S_IMODE(file.stat().st_mode)
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            if mode is not None:
                os.fchmod(descriptor, mode)  # whatever the umask has taken away
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def open_private(file: Path) -> IO[str]:
    """*file*, emptied and opened for writing. Only its owner can read it, also if it existed with another mode."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")
