"""The commands of the command line, so that a test of all of them cannot miss a new one."""

from collections.abc import Iterator

import click

from opos.cli import main

NO_BUNDLE_NEEDED = frozenset(
    {
        "channels key", "completion install", "completion show", "cost", "demo", "deploy", "deployments", "flags compile", "flags eval", "flags explain", "flags list",
        "flags manifest", "flags set", "flags stale", "import", "init", "restore", "rollback", "send", "up", "verify", "workflows check", "workflows list",
        "workflows new", "workflows schema",
    }
)  # fmt: skip
"""The commands that start a bundle, use no data folder, or use the bundle of a target in the cloud."""


def all_commands() -> dict[str, click.Command]:
    """Every command by its words, such as `alerts list`."""
    return dict(_below(main, ()))


def _below(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(words), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from _below(below, (*words, name))
