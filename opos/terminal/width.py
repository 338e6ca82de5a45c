"""The width of the terminal, and lists that fit it."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TextIO

from shared.values.text import readable
from shared.values.visible_characters import boundary

_GAP = "  "
_PAPER = 100
"""The width of a paragraph that goes into a file or a pipe."""
_SHORTEST = 24
"""The width below which the last column of a table gets lines of its own."""


def width(stream: TextIO | None = None) -> int | None:
    """The columns of the terminal; None if *stream* (stdout) is none, so that a file or a pipe gets whole lines."""
    return shutil.get_terminal_size().columns if (stream or sys.stdout).isatty() else None


def fitted(line: str, columns: int | None = None) -> str:
    """*line*, cut to *columns*, by default those of the terminal, so that each line of a list stays one."""
    most = columns or width() or len(line)
    return line if len(line) <= most else f"{line[: boundary(line, most - 1)]}…"


def wrapped(text: str, *, indent: int = 0, columns: int | None = None) -> list[str]:
    """*text* in lines that fit *columns*, by default those of the terminal, each after an *indent*."""
    most, margin = columns or width() or _PAPER, " " * indent
    return wrap(
        text, most, initial_indent=margin, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


def table(rows: Sequence[Sequence[str]], *, columns: int | None = None, indent: int = 0) -> Iterator[str]:
    """*rows* as aligned lines that fit *columns*, by default those of the terminal, after an *indent*.

    The last cell of a row is the long one: it is cut, or has a line of its own where the others leave it no room.
    """
    plain = [[readable(cell) for cell in row] for row in rows]
    wide = [max(map(len, cells)) for cells in zip(*(row[:-1] for row in plain), strict=True)]
    most = max(all_columns - indent, 1) if (all_columns := columns or width()) else None
    room = most - sum(wide) - len(_GAP) * len(wide) if most else None
    for *cells, last in plain:
        if room is None or room >= _SHORTEST:
            head = _GAP.join(f"{cell:<{size}}" for cell, size in zip(cells, wide, strict=True))
            yield fitted(f"{head}{_GAP}{last}".rstrip(), most)
        else:
            yield from _stacked(cells, last, most or 0)


def _stacked(cells: Sequence[str], last: str, most: int) -> Iterator[str]:
    """*cells* on as many lines as they need, each with as many as fit, and *last* on a line of its own."""
    line, *rest = cells
    for cell in rest:
        if len(line) + len(_GAP) + len(cell) > most:
            yield fitted(line, most)
            line = _GAP + cell
        else:
            line += _GAP + cell
    yield fitted(line, most)
    yield fitted(f"{_GAP}{last}", most)
