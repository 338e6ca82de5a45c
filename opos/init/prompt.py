"""What `opos init` writes to and reads from the terminal: one question a line, and help that fits."""

from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from textwrap import wrap

import click

from shared.errors import OposError

_WIDEST = 80


class NoAnswer(OposError):
    """Nobody answers."""

    code = "bad_settings"


def option(name: str) -> str:
    """The option of the question *name*."""
    return name.replace("_", "-")


def typed(name: str, label: str, default: str | None) -> str:
    """What the operator types after *label*, or *default*. Raises NoAnswer, and KeyboardInterrupt for Ctrl-C."""
    try:
        return str(click.prompt(label, default=default, value_proc=str, err=True)).strip()
    except click.Abort as stopped:
        hint = "`opos init --help` lists the option for each question."
        raise _stopped(stopped, f"expected an answer, or --{option(name)}", hint) from None


def confirm(question: str, *, default: bool = True) -> bool:
    """Whether the answer is yes; only Enter is the *default*. Raises NoAnswer, and KeyboardInterrupt for Ctrl-C."""
    try:
        return click.confirm(question, default=default, err=True)
    except click.Abort as stopped:
        raise _stopped(stopped, "expected y or n", "With --yes, opos asks nothing.") from None


def columns(names: Iterable[str]) -> Iterator[str]:
    """The *names* in columns that fit the terminal."""
    cells = list(names)
    width = max(map(len, cells), default=0) + 2
    count = max(1, (_width() - 3) // width)
    for start in range(0, len(cells), count):
        yield "   " + "".join(cell.ljust(width) for cell in cells[start : start + count]).rstrip()


def paragraph(text: str) -> list[str]:
    """*text* in lines that fit the terminal. A line of it that begins with a space stays one, to be copied."""
    return [part for line in text.splitlines() for part in (_wrapped(line) if line[:1] != " " else [f"   {line}"])]


def _wrapped(line: str) -> list[str]:
    return wrap(
        line,
        _width() - 1,
        initial_indent="   ",
        subsequent_indent="   ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _width() -> int:
    return min(get_terminal_size().columns, _WIDEST)


def _stopped(stopped: click.Abort, expected: str, hint: str) -> BaseException:
    """What to raise for *stopped*, in which click hides whether somebody pressed Ctrl-C or stdin is closed."""
    click.echo(err=True)
    if isinstance(stopped.__context__, KeyboardInterrupt):
        return KeyboardInterrupt()
    return NoAnswer(f"{expected}. Nothing was changed.", hint=hint)
