"""The data folder of an embedded bundle: which process runs on it, and which data file that process has open."""

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from opos.terminal.files import write_whole
from opos.terminal.options import DATA_FILE
from shared.adapters.sqlite.data_file import PRIVATE, Inode, inode
from shared.errors import OposError

_LOCK = "opos.lock"
_NOTES = "opos.run"
"""What the process that holds the lock says of itself. It is not in the lock, as it is replaced as a whole."""


class AlreadyRunning(OposError):
    code = "already_running"


class UnusableFolder(OposError):
    code = "unusable_folder"


def lock(data: Path) -> IO[str]:
    """Locks *data* until this process ends. Raises AlreadyRunning: two dispatchers must not share a folder.

    Raises UnusableFolder if *data* is not a folder in which this process may write.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(data / _LOCK, os.O_RDWR | os.O_CREAT, PRIVATE), "r+")
    except OSError as fault:
        raise UnusableFolder(
            f"expected a data folder that opos can write, found {data}: {fault.strerror}",
            hint="Choose another folder with --data, or change its permissions.",
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise _already_running(data) from None
    (data / _NOTES).unlink(missing_ok=True)
    return file


def require_idle(data: Path) -> None:
    """Raises AlreadyRunning if `opos up` runs on *data*: the port that it holds is not the reason to name."""
    if is_running(data):
        raise _already_running(data)


def _already_running(data: Path) -> AlreadyRunning:
    at = _notes(data).get("url")
    hint = "To start it again, stop it first: press Ctrl-C in its terminal. Or choose another folder with --data."
    return AlreadyRunning(f"Another opos is running on {data}{f', at {at}' if at else ''}.", hint=hint)


def is_running(data: Path) -> bool:
    """Whether `opos up` is running on *data*."""
    try:
        file = (data / _LOCK).open()
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def note_open_file(data: Path, file: Inode) -> None:
    """Write into *data* which data file the bundle that runs on it has open, for `lost_its_file`."""
    if _noted(data) != file:
        _note(data, file=file)


def note_address(data: Path, url: str, public_url: str) -> None:
    """Write into *data* where the bundle that runs on it listens, and its public address."""
    _note(data, url=url, public_url=public_url)


def address(data: Path) -> str | None:
    """Where the bundle that runs on *data* listens on this machine; None if none runs."""
    return _notes(data).get("url") if is_running(data) else None


def public_address(data: Path) -> str | None:
    """With what the links of the bundle that runs on *data* begin; None if none runs."""
    return _notes(data).get("public_url") if is_running(data) else None


def lost_its_file(data: Path) -> bool:
    """Whether a bundle is running on *data* whose data file is not the one in the folder."""
    return is_running(data) and _noted(data) not in {None, _present(data)}


def misses_its_file(data: Path) -> bool:
    """Whether a bundle has run on *data*, but its data file is gone."""
    return (data / _LOCK).exists() and not (data / DATA_FILE).exists()


def _noted(data: Path) -> Inode | None:
    """None in the first second of a bundle."""
    file = _notes(data).get("file")
    return tuple(file) if file else None


def _notes(data: Path) -> dict[str, Any]:
    try:
        notes: dict[str, Any] = json.loads((data / _NOTES).read_text())
    except (OSError, ValueError):
        return {}
    return notes


def _note(data: Path, **notes: Any) -> None:
    write_whole(data / _NOTES, json.dumps({**_notes(data), **notes}), mode=PRIVATE)


def _present(data: Path) -> Inode | None:
    with suppress(OSError):
        return inode(data / DATA_FILE)
    return None
