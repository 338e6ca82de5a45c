"""A folder of backups: each file is named after its time, and the oldest expire."""

import re
from datetime import UTC, datetime
from pathlib import Path

KEEP = 7
"""As many as Google Cloud keeps of Firestore: what opos has deleted is gone from the last backup a week later."""
_NAME = re.compile(r"opos-\d{8}T\d{6}Z\.db")


def dated_name(now: datetime) -> str:
    """Names sort as their times do."""
    return f"opos-{stamp(now)}.db"


def stamp(now: datetime) -> str:
    """*now* in UTC for the name of a file: `20261128T051900Z`."""
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def expired(folder: Path, *, keep: int) -> list[Path]:
    """The backups in *folder* that are older than the newest *keep*. A file with another name is never one of them."""
    backups = sorted(file for file in folder.iterdir() if _NAME.fullmatch(file.name))
    return backups[:-keep]
