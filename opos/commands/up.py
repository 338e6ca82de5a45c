"""`opos up`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from opos.local import environment, local_options, local_runtime
from opos.output import WRONG_USAGE, reports_errors, stop
from shared.links import CONSOLE_LIFE
from shared.runtime import Runtime
from shared.verify import verify

_LOCALHOST = "127.0.0.1"


@click.command("up")
@local_options
@click.option("--host", default=_LOCALHOST, show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--public-url", help="The address at which others reach this bundle, for links in messages.")
@reports_errors
def command(data: Path, config_file: Path, flags_file: Path, host: str, port: int, public_url: str | None) -> None:
    """Run the whole bundle in one process: every function behind one port, the local bus, the minute tick."""
    faults = verify(config_file, flags_file, os.environ)
    if faults:
        hint = "Mend them and start again; `opos demo` runs a bundle with secrets of its own."
        stop(WRONG_USAGE, "\n".join(str(fault) for fault in faults), hint=hint)
    from opos.server import lock, require_free, serve

    bundle = local_runtime(data, config_file, flags_file)
    url = public_url or bundle.config.public_url or f"http://{_LOCALHOST}:{port}"
    os.environ.update(environment(data, config_file, flags_file, OPOS_PUBLIC_URL=url))
    with lock(data):
        require_free(host, port)
        serve(host, port, when_ready=lambda: click.echo(welcome(local_runtime(data, config_file, flags_file), url)))


def welcome(runtime: Runtime, url: str) -> str:
    lines = [f"opos is up. Webhooks arrive at {url}/webhooks/{{source}}:"]
    lines += [f"  {name:<16} {source.scheme}" for name, source in runtime.config.sources.items()]
    lines += [f"console  {_console(runtime)}", f"flags    {url}/flags", f"health   {url}/health", "Ctrl-C stops it."]
    return "\n".join(lines)


def _console(runtime: Runtime) -> str:
    """The link opens the console, so it is shown to a person at a terminal, and to no log."""
    return console_url(runtime) if sys.stdout.isatty() else "run `opos console` for a link"


def console_url(runtime: Runtime) -> str:
    return runtime.links.url("console", {}, expires=datetime.now(UTC) + CONSOLE_LIFE)
