"""The width of the terminal."""

import shutil
import sys

from shared.values.visible_characters import boundary


def fitted(line: str) -> str:
    """*line*, cut to the width of the terminal if stdout is one, so that each line of a list stays one."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
    return line if len(line) <= width else f"{line[: boundary(line, width - 1)]}…"
