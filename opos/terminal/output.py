"""The output of the command line: text for people, one JSON document with `--json`, and stable exit codes.

Whatever a command prints leaves through here, so that text from outside cannot control the terminal.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NoReturn, ParamSpec

import click

from opos.terminal.next_step import pasteable
from shared.errors import OposError
from shared.values.text import readable, readable_lines

P = ParamSpec("P")
FAILED, WRONG_USAGE = 1, 2
_USAGE_CODES = frozenset({"bad_config", "bad_settings"})
_NOT_SHOWN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON allows in a text, and a terminal may act on."""


def show(content: Any, text: str | Iterable[str], *, as_json: bool, paint: Callable[[str], str] | None = None) -> None:
    """Print *content* as JSON, or *text*: its lines, each of which stays one line whatever it quotes.

    A *text* that is a single string keeps its line breaks, so it must quote nothing from outside that has any. *paint*
    gets each line as it is safe to show, and may colour a part of it.
    """
    if as_json:
        say(json_text(content, indent=2))
    else:
        say(pasteable(text if isinstance(text, str) else "\n".join(map(readable, text))), paint=paint)


def say(text: str, *, err: bool = False, paint: Callable[[str], str] | None = None) -> None:
    """Print *text*. What stderr gets is for people: the commands in it can be pasted."""
    lines = readable_lines(pasteable(text) if err else text)
    click.echo("\n".join(map(paint, lines.split("\n"))) if paint else lines, err=err)


def json_text(content: Any, **layout: Any) -> str:
    """*content* as JSON without characters that a terminal may act on."""
    text = json.dumps(content, ensure_ascii=False, **layout)
    return _NOT_SHOWN.sub(lambda character: f"\\u{ord(character[0]):04x}", text)


def stop(code: int, message: str, *, hint: str | None = None) -> NoReturn:
    say(message + (f"\nhint: {hint}" if hint else ""), err=True)
    sys.exit(code)


def reports_errors(command: Callable[P, None]) -> Callable[P, None]:
    """*command*, ending with a message and the right exit code when it raises an OposError, or cannot use a file."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except OposError as fault:
            stop(WRONG_USAGE if fault.code in _USAGE_CODES else FAILED, fault.message, hint=fault.hint)
        except OSError as fault:
            if fault.filename is None:
                raise
            hint = "Check that it exists, and that you may read and write it."
            stop(FAILED, f"Cannot use {os.fsdecode(fault.filename)}: {fault.strerror}.", hint=hint)

    return guarded
