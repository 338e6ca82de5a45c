"""The files of a new operator, changed together: after a fault, a full disk or Ctrl-C, all of them are as before."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from itertools import count
from pathlib import Path

from opos.terminal.files import draft
from shared.errors import OposError


class NotWritten(OposError):
    """The files could not be written, and are as before."""

    code = "not_written"


@dataclass(frozen=True, slots=True)
class Change:
    """A file with its content `before`, None for a new file, and `after`. `note` says what happens to it.

    `shown` says whether a diff may show its content: a secret must not be shown.
    """

    file: Path
    before: bytes | None
    after: bytes
    note: str = "written"
    mode: int | None = None
    shown: bool = True

    def __str__(self) -> str:
        return f"{self.file}: {self.note}"


def content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def replaced(file: Path, text: str, *, force: bool) -> Iterator[Change]:
    """The change that makes *file* say *text*, and with *force* the one that keeps its content as a backup."""
    before = content(file)
    if before is None:
        yield Change(file, None, text.encode())
    elif force and before != text.encode():
        backup = _free(file)
        yield Change(backup, None, before, f"the former {file}")
        yield Change(file, before, text.encode(), f"replaced; the backup is {backup}")


def apply(changes: Sequence[Change]) -> None:
    """Makes all *changes*, or none. Raises NotWritten.

    The last change is made first and the first one last, so that a process that is killed between two of them leaves no
    opos.yaml that names what the other files do not have.
    """
    drafts: list[tuple[Change, Path]] = []
    new_folders = {change.file.parent for change in changes if not change.file.parent.exists()}
    try:
        for change in changes:
            _require(change)
            change.file.parent.mkdir(exist_ok=True)
            drafts.append((change, draft(change.file, change.after, mode=change.mode)))
        for change, new in reversed(drafts):
            new.replace(change.file.resolve())
    except BaseException as fault:
        _undo(drafts)
        for folder in new_folders:
            with suppress(OSError):  # it may not have been made
                folder.rmdir()
        if not isinstance(fault, OSError):
            raise
        hint = "Check that there is space on the disk, and that you may read and write it."
        message = f"Cannot use {change.file}: {fault.strerror}. Nothing was changed."
        raise NotWritten(message, hint=hint) from None


def diff(change: Change) -> list[str]:
    """The lines that *change* adds and removes, with those around them."""
    before, after = ((text or b"").decode(errors="replace").splitlines() for text in (change.before, change.after))
    return list(unified_diff(before, after, str(change.file), str(change.file), lineterm="", n=2))


def _require(change: Change) -> None:
    if content(change.file) != change.before:
        hint = "Run the command again: it reads the file anew."
        raise NotWritten(f"{change.file} has changed in the meantime. Nothing was changed.", hint=hint)


def _undo(drafts: Iterable[tuple[Change, Path]]) -> None:
    for change, new in drafts:
        if new.exists():
            new.unlink()
        elif change.before is None:
            change.file.unlink(missing_ok=True)
        else:
            with suppress(OSError):  # the space of the draft is free again, so this is not expected
                draft(change.file, change.before).replace(change.file.resolve())


def _free(file: Path) -> Path:
    """The first backup name that is free."""
    names = (f"{file.name}.bak{number or ''}" for number in count())
    return next(file.with_name(name) for name in names if not file.with_name(name).exists())
