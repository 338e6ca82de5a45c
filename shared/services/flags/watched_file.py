"""Flags that follow their file: what is changed in it counts a second later, without a restart."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shared.config.files.faults import ConfigError
from shared.process.background_task import BackgroundTask
from shared.telemetry.logger import log as _log

if TYPE_CHECKING:
    from shared.flags import FlagSet

FRESH = 1.0
"""Seconds after which the file is looked at again."""


class WatchedFlags:
    """The flags in *file*, read by *load*. One that is broken changes nothing: what it said before stays in force."""

    def __init__(self, file: Path, load: Callable[[], "FlagSet"], first: "FlagSet | None" = None) -> None:
        """*first* is what the file says now, where that is known. Raises ConfigError, or what *load* raises."""
        self._file, self._load = file, load
        self._seen = self._state()
        self._flags = first or load()
        self.looking = BackgroundTask(self._look, FRESH)

    def current(self, now: datetime) -> "FlagSet":
        self.looking.ask(now)
        return self._flags

    def _look(self, _now: datetime) -> None:
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._flags = self._load()
        except (ConfigError, OSError) as fault:
            _log.error("flags_not_read_again", file=str(self._file), fault=str(fault))
        else:
            _log.info("flags_read_again", version=self._flags.version)

    def _state(self) -> tuple[int, int, int] | None:
        """What differs when the file does: editors write in place, or put another file under the same name."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
