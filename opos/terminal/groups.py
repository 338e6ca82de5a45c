"""Groups of commands: one that lists by default, and the suggestions for mistyped words."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import click


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean events?`, or an empty text if nothing in *known* looks like *word*."""
    close = get_close_matches(word.lower(), list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""


class Suggesting(click.Group):
    """A group that names the commands which a mistyped word may have meant."""

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
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        return super().parse_args(ctx, ["list", *args] if is_option or not args else args)


class Choice(click.Choice[str]):
    """One of several words; a mistyped one gets a suggestion."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002
        expected = f"expected one of {', '.join(self.choices)}, found {str(value)!r}."
        return expected + did_you_mean(str(value), self.choices)
