"""Groups of commands: one that lists by default, and the suggestions for mistyped words."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import click

from opos.terminal.help_text import HelpContext

_WHOLE = 1000
"""A limit that no sentence of a help text reaches."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean events?`, or an empty text if nothing in *known* looks like *word* or begins with it."""
    names, typed = list(known), word.lower()
    close = get_close_matches(typed, names) or [name for name in names if typed and name.startswith(typed)]
    return f" Did you mean {' or '.join(close)}?" if close else ""


class Suggesting(click.Group):
    """A group that names the commands which a mistyped word may have meant, and whose help is never cut."""

    context_class = HelpContext

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = self.load(ctx, cmd_name)
        if command:
            command.context_class = HelpContext
        return command

    def load(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.rows(ctx)))

    def rows(self, ctx: click.Context) -> Iterator[tuple[str, str]]:
        """Each command with what it does, in whole sentences."""
        for name in self.list_commands(ctx):
            if command := self.get_command(ctx, name):
                yield name, command.get_short_help_str(limit=_WHOLE)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {word!r}.{self.suggestion(ctx, word)}")
        return super().resolve_command(ctx, args)

    def suggestion(self, ctx: click.Context, word: str) -> str:
        return did_you_mean(word, self.list_commands(ctx))


class Listing(Suggesting):
    """A group that runs its `list` if no command is named: `opos alerts` is `opos alerts list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # the shell asks for the commands
            return super().parse_args(ctx, args)
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        return super().parse_args(ctx, ["list", *args] if is_option or not args else args)


class Choice(click.Choice[str]):
    """One of several words; a mistyped one gets a suggestion."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002
        expected = f"expected one of {', '.join(self.choices)}, found {str(value)!r}."
        return expected + did_you_mean(str(value), self.choices)
