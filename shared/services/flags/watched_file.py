"""Flags that follow their file: a change takes effect within a second, without a restart."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from shared.config.files.faults import ConfigError
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
        self._looked_at = time.monotonic()
        self._looking = threading.Lock()
        self.fault: str | None = None
        """Why the file could not be read again; None if the flags are those in the file."""

    def current(self) -> "FlagSet":
        """The flags in the file, as they were in the last second."""
        if time.monotonic() - self._looked_at > FRESH and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looked_at = time.monotonic()
                self._looking.release()
        return self._flags

    def _look(self) -> None:
        """Read the file if it has changed, or if the last time failed."""
        state = self._state()
        if state == self._seen and self.fault is None:
            return
        try:
            self._flags = self._load()
        except (ConfigError, OSError) as fault:
            if str(fault) != self.fault:
                _log.error("flags_not_read_again", file=str(self._file), fault=str(fault))
            self.fault = str(fault)
        else:
            self._seen, self.fault = state, None
            _log.info("flags_read_again", version=self._flags.version)

    def _state(self) -> tuple[int, int, int] | None:
        """Values that change when the file does, whether an editor writes in place or replaces the file."""
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
