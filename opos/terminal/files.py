"""Replacing a file so that its readers see the old content or the new content, and never a part."""

import os
from pathlib import Path


def write_whole(file: Path, text: str, *, mode: int | None = None) -> None:
    """Replaces *file* with *text*, through a draft next to it, which has *mode* from its first byte on."""
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
