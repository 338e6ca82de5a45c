"""Commands of opos in a text, as the operator can paste them into the same terminal.

Everywhere else a text says `opos verify`. Where it reaches a terminal, the command gets the path of this opos, unless
the shell finds it, and the options that name the bundle, unless they have their defaults.
"""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

_COMMAND = re.compile(r"`opos ([a-z][^`\n]*)`")
_PLACE = {"backend": "--backend", "data": "--data", "config_file": "--config", "flags_file": "--flags"}
"""The parameters that name a bundle (`opos.terminal.options.with_place`), and their options."""


def pasteable(text: str) -> str:
    """*text* with each command in backquotes as the operator can paste it."""
    return _COMMAND.sub(lambda command: f"`{command_line(command[1])}`", text)


def command_line(words: str) -> str:
    """The line that runs `opos WORDS` for the bundle of the present command."""
    return " ".join([program(), words, *_place(words)])


@cache
def program() -> str:
    """How a shell in this folder starts this opos."""
    invoked = Path(sys.argv[0])
    if "opos" not in {invoked.name, invoked.parent.name}:
        return "opos"
    script = invoked.absolute() if invoked.name == "opos" else Path(sys.executable).with_name("opos")
    if not script.exists():
        return f"{shlex.quote(_shortened(Path(sys.executable)))} -m opos"
    known = shutil.which("opos")
    return "opos" if known and Path(known).samefile(script) else shlex.quote(_shortened(script))


def _shortened(file: Path) -> str:
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def _place(words: str) -> Iterator[str]:
    """The options of the present command that name its bundle, as far as `opos WORDS` has them and lacks them."""
    context = click.get_current_context(silent=True)
    if context is None:
        return
    defaults = {parameter.name: str(parameter.default) for parameter in context.command.params}
    for name, option in _PLACE.items():
        value = str(context.params.get(name, defaults.get(name)))
        if value != str(defaults.get(name)) and option not in words.split() and name in _parameters(context, words):
            yield f"{option} {shlex.quote(value)}"


def _parameters(context: click.Context, words: str) -> set[str]:
    """The names of the parameters of `opos WORDS`; none if there is no such command."""
    command: click.Command | None = context.find_root().command
    for word in words.split():
        if not isinstance(command, click.Group):
            break
        command = command.get_command(context, word)
    return {str(parameter.name) for parameter in command.params} if command else set()
