"""When the lines of a file last changed, from git."""

import re
from datetime import UTC, datetime
from pathlib import Path

from opos import git


def changed_at(file: Path) -> list[datetime]:
    """When each line of *file* last changed: now if that is not committed. [] if git does not track the file."""
    try:
        blame = ["blame", "--no-textconv", "--line-porcelain", "--", file.name]
        lines = git.run(file.absolute().parent, blame, check=False)
    except FileNotFoundError:
        return []
    times = re.findall(r"^committer-time (\d+)$", lines, re.MULTILINE)
    return [datetime.fromtimestamp(int(seconds), UTC) for seconds in times]
