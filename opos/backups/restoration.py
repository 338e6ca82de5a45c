"""Puts a backup in the place of a data file. The file that was there is kept under another name, with its log."""

import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from opos.backups.dated_files import stamp
from opos.backups.restored_state import Restored, settle
from shared.adapters.sqlite.backup import complete, copy_back, draft, replace
from shared.adapters.sqlite.data_file import files, tighten
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.salvage import salvage
from shared.adapters.sqlite.store import SqliteStore


@dataclass(frozen=True, slots=True)
class Restoration:
    """`left_out` are documents that are not readable; `kept` is the file that was there before, if there was one."""

    state: Restored
    left_out: list[str]
    kept: Path | None


def restore(backup: Path, data_file: Path, *, now: datetime, salvaging: bool = False) -> Restoration:
    """Make *backup*, which may be damaged if *salvaging*, the data file at *data_file*, on which no bundle may run.

    Raises NoDataFile, DataFileDamaged, DiskFull or Unavailable; *data_file* is then as it was.
    """
    data_file = data_file.resolve()
    with draft(data_file) as copy:
        left_out = salvage(backup, copy) if salvaging else copy_back(backup, copy)
        with closing(Database(copy)) as database:
            state = settle(SqliteStore(database), now=now)
        complete(copy)
        kept = _set_aside(data_file, f"{data_file.name}.replaced-{stamp(now)}")
        replace(copy, data_file)
    return Restoration(state, left_out, kept)


def _set_aside(data_file: Path, name: str) -> Path | None:
    """Give the present file and its log another name. A log that stayed would be read into the restored file.

    The present file keeps its name too, until the restored file takes it: at no time is there none.
    """
    main, *beside = files(data_file)
    kept = main.with_name(name) if main.exists() else None
    if kept:
        _link(kept, main)
    for file in beside:
        with suppress(FileNotFoundError):
            file.rename(file.with_name(file.name.replace(main.name, name, 1)))
    return kept


def _link(kept: Path, main: Path) -> None:
    try:
        kept.hardlink_to(main)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(main, kept)  # a file system without hard links
    tighten(kept)
