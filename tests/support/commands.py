"""The commands of the command line: one called in this process, and all, so that a test of them cannot miss a new one."""

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir
from io import BytesIO
from pathlib import Path
from subprocess import CompletedProcess

import click
from click.testing import CliRunner

from opos.cli import main
from tests.support.bundle import SECRETS

NO_BUNDLE_NEEDED = frozenset(
    {
        "channels key", "completion install", "completion show", "cost", "demo", "deploy", "deployments", "flags compile", "flags eval", "flags explain", "flags list",
        "flags manifest", "flags set", "flags stale", "import", "init", "restore", "rollback", "send", "up", "verify", "workflows check", "workflows list",
        "workflows new", "workflows schema",
    }
)  # fmt: skip
"""The commands that start a bundle, use no data folder, or use the bundle of a target in the cloud."""


class _StandardInput(BytesIO):
    name = "<stdin>"


def opos(
    *arguments: str, folder: Path, secrets: Mapping[str, str] = SECRETS, given: bytes = b""
) -> CompletedProcess[str]:
    """What `tests.e2e.test_commands.opos` returns, without a process: to start one takes longer than most commands."""
    absent = dict.fromkeys(name for name in os.environ if name.startswith("OPOS_") or name in SECRETS)
    with chdir(folder):
        done = CliRunner().invoke(main, arguments, input=_StandardInput(given), env={**absent, **secrets})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


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
