"""The options with one meaning in every command: --why, --as, --for and --until. docs/commands.md lists them."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from opos.terminal.times import after, until_moment

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
as_option = click.option("--as", "who", help="Who does this.  [default: the user of this machine]")
for_option = click.option("--for", "length", metavar="DURATION", help="How long: 90m, 2h, 3d.")
until_option = click.option("--until", metavar="TIME", help="Until when: 15:00, a day or an ISO 8601 time.")


def why_option(shown: str) -> Decorator:
    """`--why`, which is required; *shown* says who reads the reason."""
    return click.option("--why", required=True, help=f"The reason, {shown}.")


def person(who: str | None) -> str:
    """Who acts: *who*, or the user of this machine."""
    return who or getpass.getuser()


def ending(length: str | None, until: str | None, zone: str) -> datetime:
    """The time that `--for` or `--until` names, of which there must be one; *zone* is the operator's."""
    if bool(length) == bool(until):
        raise click.UsageError("expected --for with a duration, such as 2h, or --until with a time, such as 15:00")
    if length:
        return after(length, datetime.now(UTC))
    return until_moment(str(until), datetime.now(UTC), zone)
