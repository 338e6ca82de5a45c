"""A QR code in a terminal, where two of its modules are one character."""

import os
import shutil
from itertools import zip_longest

BORDER = 2
"""Modules around the code. The standard asks for four; the explicit colours leave no doubt about its edge."""
AROUND = 3
"""Lines that the terminal shows together with the code: its link, what follows, and the prompt."""
_BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Light is drawn, dark is the background."""
_COLOURS, _RESET = "\x1b[38;5;231;48;5;16m", "\x1b[0m"
"""White on black, in the part of the palette that no theme changes."""


def qr_code(text: str) -> str | None:
    """*text* as lines of block characters; None if they and AROUND do not fit into the terminal."""
    import segno

    code = segno.make(text, error="l", micro=False, boost_error=False)
    rows = [bytes(row) for row in code.matrix_iter(border=BORDER)]
    terminal = shutil.get_terminal_size()
    if len(rows[0]) > terminal.columns or len(rows) // 2 + AROUND >= terminal.lines:
        return None
    before, after = ("", "") if os.environ.get("NO_COLOR") else (_COLOURS, _RESET)
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=bytes(len(rows[0])))
    lines = ("".join(_BLOCKS[above, below] for above, below in zip(*pair, strict=True)) for pair in pairs)
    return "\n".join(f"{before}{line}{after}" for line in lines)
