"""The data file and the files that SQLite keeps beside it: whether they are still in place, and who may read them.

Source: SQLite, "How To Corrupt An SQLite Database File", section 4: a file that is unlinked or renamed while it is open
takes further writes, and no other process ever reads them.
"""

import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from shared.adapters.sqlite.faults import replaced
from shared.errors import Unavailable
from shared.telemetry.logger import log as _log

PRIVATE = 0o600
"""The mode of the data file. SQLite gives the files beside it the same mode."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
ENDS = ("", "-wal", "-shm")
Inode = tuple[int, int]
"""A device, and the number of a file on it."""


@dataclass
class OpenFiles:
    """The files of the database at *path* while this process has it open.

    While one connection is open, SQLite neither removes nor replaces any of them, whatever other processes do.
    """

    path: Path
    _inodes: tuple[tuple[str, Inode], ...] = field(default=(), repr=False)
    _replaced: bool = field(default=False, repr=False)

    def require_in_place(self, *, beside: bool = True) -> None:
        """Raises DataFileReplaced if a name no longer leads to the file that was opened, and from then on.

        Without *beside*, this looks at the data file only. A file that comes back changes nothing: another process may
        have written to it, next to a log of its own.
        """
        if self._replaced:
            raise replaced()
        if not _are_in_place(self._inodes if beside else self._inodes[:1]):
            self._replaced = True
            _log.error("data_file_replaced")
            raise replaced()

    def opened(self, main: Inode) -> None:
        """A connection is open. *main* is the file that was at the path before. Raises Unavailable if it is another."""
        if not self._inodes:
            others = [name for name in files(self.path)[1:] if name.exists()]
            inodes = tuple((str(name), inode(name)) for name in (self.path, *others))
            if inodes[0][1] != main:
                raise Unavailable("The data file was replaced while opos opened it.")
            self._inodes = inodes
        self.require_in_place()

    @property
    def main(self) -> Inode | None:
        """The data file that is open; None if none is."""
        return self._inodes[0][1] if self._inodes else None

    def closed(self) -> None:
        """No connection is open."""
        self._inodes, self._replaced = (), False


def _are_in_place(inodes: Iterable[tuple[str, Inode]]) -> bool:
    try:
        return all(inode(name) == opened for name, opened in inodes)
    except (FileNotFoundError, NotADirectoryError):
        return False


def inode(name: str | Path) -> Inode:
    """The file to which *name* leads. Raises FileNotFoundError if there is none."""
    status = os.stat(name)  # noqa: PTH116  (called for each commit)
    return status.st_dev, status.st_ino


def files(path: Path) -> list[Path]:
    """The data file at *path* and the files beside it, whether they exist or not."""
    main = path.resolve()  # SQLite, too, follows links before it names the other files
    return [beside(main, end) for end in ENDS]


def beside(path: Path, end: str) -> Path:
    """The file whose name is that of *path* and *end*."""
    return path.with_name(f"{path.name}{end}")


def create(path: Path) -> None:
    """Create an empty data file that only its owner can read, if there is no file at *path*.

    The file is linked into place and not opened there, because a process that closes a file of the database loses its
    locks on it. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was faster
    except OSError:
        path.touch(PRIVATE)  # a file system without hard links
    finally:
        draft.unlink()


def exposed(names: Iterable[Path]) -> list[Path]:
    """Those of the files *names* that other users can read or change."""
    return [name for name in names if _mode(name) & _OTHERS]


def tighten(path: Path) -> None:
    """Take the permissions of other users away from the files at *path*, where this process may do that."""
    for name in exposed(files(path)):
        with suppress(OSError):
            name.chmod(PRIVATE)


def _mode(name: Path) -> int:
    try:
        return name.stat().st_mode
    except OSError:
        return 0
