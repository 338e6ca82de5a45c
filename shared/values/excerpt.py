"""The part of a text that fits into a limit, in the unit in which the limit counts, cut where a reader would cut it.

Sources: RFC 3629 and RFC 2781 (UTF-8, UTF-16); RFC 8259, section 7 (escapes in JSON).
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Literal

from shared.values.visible_characters import boundary

Unit = Literal["characters", "utf-16", "bytes", "json", "ascii-json", "html"]
Size = Callable[[str], int]
MORE = "…"
_LEAST = 40
"""A line is shortened for the sake of the lines after it only if so much of it is left."""


def _utf16(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _json(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2


SIZES: Mapping[Unit, Size] = {
    "characters": len,
    "utf-16": _utf16,
    "bytes": lambda text: len(text.encode("utf-8", "replace")),
    "json": _json,
    "ascii-json": lambda text: len(json.dumps(text)) - 2,
    "html": lambda text: _utf16(text) + 3 * text.count("\n"),
}
"""How long a text is in each unit: `json` counts the bytes in a JSON string, `ascii-json` those in one without other
characters than ASCII, and `html` a line break as `<br>`.
"""


def excerpt(text: str, room: int, size: Size) -> str:
    """*text*, or what of it fits into *room* with an ellipsis where something is left out; empty if nothing fits.

    If one long line takes the room, opos shortens that line. Otherwise, it leaves out the last lines.
    """
    room = aim = max(room, 0)
    while size(part := _part(text, aim, size)) > room:
        aim -= 1  # a text that is escaped may be longer than the sum of its parts
    return part


def _part(text: str, room: int, size: Size) -> str:
    if size(text) <= room:
        return text
    lines = text.split("\n")
    longest = max(range(len(lines)), key=lambda number: size(lines[number]))
    left = room - (size(text) - size(lines[longest]))
    if left < min(_LEAST, room):
        return _first_lines(lines, room, size) or _shortened(lines[0], room, size)
    return "\n".join([*lines[:longest], _shortened(lines[longest], left, size), *lines[longest + 1 :]])


def _first_lines(lines: list[str], room: int, size: Size) -> str:
    """As many of *lines* as fit, and an ellipsis; empty if not even the first line fits."""
    end = bisect_right(range(len(lines)), room, key=lambda last: size("\n".join([*lines[: last + 1], MORE])))
    return "\n".join([*lines[:end], MORE]) if end else ""


def _shortened(line: str, room: int, size: Size) -> str:
    """The beginning of *line*, to the end of a word if one is near, and an ellipsis."""
    end = bisect_right(range(1, len(line) + 1), room, key=lambda length: size(line[:length] + MORE))
    end = boundary(line, end)
    word = line.rfind(" ", end * 2 // 3, end + 1)
    return line[: word if word > 0 else end].rstrip() + MORE if end else ""
