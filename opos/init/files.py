"""Writing an operator's first files; one that is there stays as it is, or is kept beside the new one."""

from itertools import count
from pathlib import Path


def write(file: Path, text: str, *, force: bool) -> str:
    """What was done with *file*, in words: written, kept as it was, or (*force*) put away and written anew."""
    if not file.exists():
        file.write_text(text, encoding="utf-8")
        return f"{file}: written"
    if file.read_text(encoding="utf-8", errors="replace") == text:
        return f"{file}: already so"
    if not force:
        return f"{file}: there already, kept as it is (--force writes it anew and keeps the old one)"
    backup = file.rename(_free(file))
    file.write_text(text, encoding="utf-8")
    return f"{file}: written anew; what it was is in {backup}"


def _free(file: Path) -> Path:
    """The first name for a backup that is not taken."""
    names = (f"{file.name}.bak{number or ''}" for number in count())
    return next(file.with_name(name) for name in names if not file.with_name(name).exists())
