"""Facts about this process, from the operating system and the installation."""

import os
import resource
import sys
from pathlib import Path

from shared.version import VERSION

_STATUS = Path("/proc/self/status")


def memory_mb() -> float:
    """Resident memory in MiB: the current value if the system reports it (proc(5), VmRSS), else the highest so far."""
    try:
        lines = [line.split() for line in _STATUS.read_text().splitlines()]
    except OSError:
        lines = []
    current = [int(words[1]) / 1024 for words in lines if words and words[0] == "VmRSS:"]
    return current[0] if current else _highest_mb()


def process_id() -> int:
    return os.getpid()


def version() -> str:
    return VERSION


def _highest_mb() -> float:
    """getrusage(2) counts in KiB, on macOS in bytes."""
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (1024 * 1024 if sys.platform == "darwin" else 1024)
