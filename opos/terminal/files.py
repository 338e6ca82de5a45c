"""Files that the command line writes: replaced as a whole, or readable only by their owner."""

import os
import stat
from pathlib import Path
from typing import IO


def write_whole(file: Path, text: str, *, mode: int | None = None) -> None:
    """Replaces *file* with *text*: its readers see the old content or the new content, and never a part.

    The text goes through a draft next to the file, which has *mode* from its first byte on, else that of the file.
    A symbolic link stays one: the file that it leads to is replaced. Line ends stay as they are in *text*.
    """
    file = file.resolve()
    if mode is None and file.exists():
        mode = stat.S_IMODE(file.stat().st_mode)
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
        if mode is not None:
            os.fchmod(descriptor, mode)  # whatever the umask has taken away
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def open_private(file: Path) -> IO[str]:
    """*file*, emptied and opened for writing. Only its owner can read it, also if it existed with another mode."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")
