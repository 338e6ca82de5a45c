"""When the lines of a file last changed, from git."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def changed_at(file: Path) -> list[datetime]:
    """When each line of *file* last changed: now if that is not committed. [] if git does not track the file."""
    try:
        blame = ["git", "blame", "--line-porcelain", "--", file.name]
        done = subprocess.run(blame, cwd=file.absolute().parent, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return []
    times = re.findall(r"^committer-time (\d+)$", done.stdout, re.MULTILINE) if done.returncode == 0 else []
    return [datetime.fromtimestamp(int(seconds), UTC) for seconds in times]
