"""`opos demo`."""

import json
import sys
from contextlib import suppress
from typing import NoReturn

import click

from opos.bundle.emulators import require_installed
from opos.bundle.signals import on_stop
from opos.commands.up import console_url
from opos.demo.bundle import Bundle, bundle
from opos.demo.story import play
from opos.init.folder import CONFIG
from opos.terminal.groups import Choice
from opos.terminal.next_step import command_line, pasteable
from opos.terminal.options import Backend, json_option
from opos.terminal.output import reports_errors, say

_INTRODUCTION = """\
opos is running at {url} with its own data and secrets.
The senders are simulated; the signatures, the HTTP requests and the functions are real."""


@click.command("demo")
@click.option("--once", is_flag=True, help="Exit at the end of the story.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="The port of the bundle.")
@click.option(
    "--backend",
    default="embedded",
    show_default=True,
    type=Choice(["embedded", "emulators"]),
    help="One process with SQLite, or Google's emulators.",
)
@json_option
@reports_errors
def command(port: int, backend: Backend, *, once: bool, as_json: bool) -> None:
    """Run a bundle with its own data and secrets, send it real signed webhooks over HTTP, and show what happens."""
    if backend == "emulators":
        require_installed()
        click.echo("Starting the emulators and every function; this takes about ten seconds.", err=True)
    elif sys.stderr.isatty():
        click.echo("Starting a bundle with data and secrets of its own.", err=True)
    on_stop(_interrupt)
    try:
        with bundle(port, backend) as running:
            _play(running, as_json=as_json)
            if not once:
                _stay(running)
    except KeyboardInterrupt:
        with suppress(OSError):  # a terminal that has closed
            click.echo("\nstopped")


def _interrupt() -> NoReturn:
    """The data of the demo is deleted on the way out."""
    raise KeyboardInterrupt


def _play(running: Bundle, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"steps": [data for _, data in play(running) if data]}))
        return
    click.echo(_INTRODUCTION.format(url=running.url))
    for text, _ in play(running):
        say(text)
    more = "init --force" if CONFIG.exists() else "init"  # without it, init edits the file that lies here
    click.echo(pasteable(f"\nThat was opos. `opos {more}` writes the configuration for your own senders and channels."))


def _stay(running: Bundle) -> None:
    another = command_line(f"console --data {running.log.parent}")
    click.echo(f"\nThe bundle is still running:\n  console  {console_url(running.runtime)}")
    click.echo(f"           (works once, within ten minutes; `{another}` prints another)")
    click.echo(f"  flags    {running.url}/flags\n  health   {running.url}/health")
    click.echo("Ctrl-C stops it and deletes its data.")
    running.process.wait()
