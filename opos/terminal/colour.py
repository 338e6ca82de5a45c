"""Colour on a terminal: of words that opos itself puts at the beginning of a line, never of text from outside."""

import os
import re
import sys
from typing import TextIO

import click

_STYLES = {
    "critical": {"fg": "red", "bold": True}, "warning": {"fg": "yellow"}, "info": {"fg": "cyan"},
    "calm": {"fg": "green"}, "heading": {"bold": True},
}  # fmt: skip
_SEVERITY = re.compile(r" *(critical|warning|info)(?= )")


def is_coloured(stream: TextIO | None = None) -> bool:
    """Whether *stream*, which is stdout by default, is a terminal that shows colour.

    Source of NO_COLOR: no-color.org; it counts if it is not empty.
    """
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not is_plain and (stream or sys.stdout).isatty()


def painted(text: str, style: str) -> str:
    """*text* in the colour of *style*: a severity, `calm` or `heading`; unchanged where there is no colour."""
    return click.style(text, **_STYLES[style]) if is_coloured() else text  # type: ignore[arg-type]


def by_severity(line: str) -> str:
    """*line* with the severity that it begins with in its colour."""
    word = _SEVERITY.match(line)
    return painted(word[0], word[1]) + line[word.end() :] if word else line
