"""`opos demo`."""

import json
import signal

import click

from opos.bundle.emulators import require_installed
from opos.commands.up import console_url
from opos.demo.bundle import Bundle, bundle
from opos.demo.story import tell
from opos.terminal.options import Backend, json_option
from opos.terminal.output import reports_errors


@click.command("demo")
@click.option("--once", is_flag=True, help="End when the story is told.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--backend", default="embedded", show_default=True, type=click.Choice(["embedded", "emulators"]))
@json_option
@reports_errors
def command(port: int, backend: Backend, *, once: bool, as_json: bool) -> None:
    """Run a bundle of its own, send it real signed webhooks over HTTP, and tell what becomes of them."""
    if backend == "emulators":
        require_installed()
        click.echo("Starting Google's emulators and every function; this takes some ten seconds.", err=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with bundle(port, backend) as running:
            _tell(running, as_json=as_json)
            if not once:
                _stay(running)
    except KeyboardInterrupt:
        click.echo("stopped")


def _tell(running: Bundle, *, as_json: bool) -> None:
    steps = []
    for line, data in tell(running):
        steps.append(data)
        if not as_json:
            click.echo(line if line.startswith("   ") else f"\n{line}")
    if as_json:
        click.echo(json.dumps({"steps": steps}))


def _stay(running: Bundle) -> None:
    click.echo(f"\nThe bundle is running.\n  console  {console_url(running.runtime)}")
    click.echo(f"  flags    {running.url}/flags\n  health   {running.url}/health")
    click.echo("Ctrl-C stops it and removes its data.")
    running.process.wait()
