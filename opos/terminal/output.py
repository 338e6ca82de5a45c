"""The output of the command line: text for people, one JSON document with `--json`, and stable exit codes."""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec

import click

from shared.errors import OposError

P = ParamSpec("P")
FAILED, WRONG_USAGE = 1, 2
_USAGE_CODES = frozenset({"bad_config", "bad_settings"})


def show(content: Any, text: str, *, as_json: bool) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=False) if as_json else text)


def stop(code: int, message: str, *, hint: str | None = None) -> NoReturn:
    click.echo(message + (f"\nhint: {hint}" if hint else ""), err=True)
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
