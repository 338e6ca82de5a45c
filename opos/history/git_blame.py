"""When the lines of a file were last changed, as git knows it."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def changed_at(file: Path) -> list[datetime]:
    """For each line of *file*; one that is not committed yet was changed now. [] where git does not know the file."""
    try:
        asked = ["git", "blame", "--line-porcelain", "--", file.name]
        done = subprocess.run(asked, cwd=file.absolute().parent, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return []
    found = re.findall(r"^committer-time (\d+)$", done.stdout, re.MULTILINE) if done.returncode == 0 else []
    return [datetime.fromtimestamp(int(seconds), UTC) for seconds in found]
