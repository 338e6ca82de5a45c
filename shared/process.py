"""What the operating system says of this process."""

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
MB = 1024 * 1024


def memory_mb() -> float:
    """Resident memory in MiB: the present one where Linux tells it, else the peak."""
    if _STATUS.exists():
        lines = (line.split() for line in _STATUS.read_text().splitlines())
        return next(int(fields[1]) / 1024 for fields in lines if fields[0] == "VmRSS:")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MB if sys.platform == "darwin" else peak / 1024
