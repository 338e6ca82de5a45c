"""Help that is never cut: whole sentences at any width, with a term on a line of its own where there is no room."""

from collections.abc import Iterable
from shutil import get_terminal_size

import click

_NARROW, _WIDE, _LEAST = 60, 80, 20


class HelpFormatter(click.HelpFormatter):
    """Click's formatter, whose second column disappears from a narrow terminal."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        room = get_terminal_size().columns - 2  # click takes at least 50, however few there are
        super().__init__(indent_increment, width or max(min(room, (max_width or _WIDE) - 2), _LEAST), max_width)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        if self.width >= _NARROW:
            super().write_dl(rows, col_max, col_spacing)
            return
        for term, text in rows:
            self.write(f"{'':>{self.current_indent}}{term}\n")
            with self.indentation():
                self.write_text(text)


class HelpContext(click.Context):
    formatter_class = HelpFormatter
