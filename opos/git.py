"""git in a folder that may be somebody else's: it starts no program that the settings of the folder name.

Filters are the exception, because the content of a file depends on them. A clone never has settings of its own; an
unpacked archive may. Sources: git documentation, "git-config" (core.fsmonitor, core.hooksPath), "git" and "git-blame".
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

_QUIET = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


def run(folder: Path, words: Sequence[str], *, check: bool = True) -> str:
    """What `git *words*` prints in *folder*. Raises FileNotFoundError, and CalledProcessError if *check*."""
    command = ["git", "-C", str(folder), *_QUIET, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=check)  # noqa: S603
    return done.stdout if done.returncode == 0 else ""
