"""Writes an operator's first files. An existing file stays unchanged, or becomes a backup of the new one."""

from itertools import count
from pathlib import Path


def write(file: Path, text: str, *, force: bool) -> str:
    """What happened to *file*: written, left unchanged, or with *force* renamed to a backup and written."""
    if not file.exists():
        file.write_text(text, encoding="utf-8")
        return f"{file}: written"
    if file.read_text(encoding="utf-8", errors="replace") == text:
        return f"{file}: unchanged"
    if not force:
        return f"{file}: exists, left unchanged (--force replaces it and keeps a backup)"
    backup = file.rename(_free(file))
    file.write_text(text, encoding="utf-8")
    return f"{file}: replaced; the backup is {backup}"


def _free(file: Path) -> Path:
    """The first backup name that is free."""
    names = (f"{file.name}.bak{number or ''}" for number in count())
    return next(file.with_name(name) for name in names if not file.with_name(name).exists())
