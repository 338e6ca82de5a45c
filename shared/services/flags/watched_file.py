"""Flags that follow their file: a change takes effect about a second later, without a restart."""

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
"""Seconds between two checks of the file."""


class WatchedFlags:
    """The flags in *file*, read by *load*. If the file becomes invalid, the flags stay as they are."""

    def __init__(self, file: Path, load: Callable[[], "FlagSet"], first: "FlagSet | None" = None) -> None:
        """*first* are the flags in the file, if the caller has them. Raises ConfigError, or what *load* raises."""
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
        """Values that change when the file does, whether an editor writes in place or replaces the file."""
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
