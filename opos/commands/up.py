"""`opos up`."""

import os
import sys
from collections.abc import Mapping

import click

from opos.terminal.options import DATA_FILE, Place, with_place
from opos.terminal.output import WRONG_USAGE, reports_errors, say, stop
from shared.config.files.loader import load_config
from shared.runtime.container import Runtime
from shared.services.console.sessions import new_link
from shared.verification import verify

_LOCALHOST = "127.0.0.1"


@click.command("up")
@with_place
@click.option("--host", default=_LOCALHOST, show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--public-url", help="The public address of this bundle, for links in messages.")
@reports_errors
def command(place: Place, host: str, port: int, public_url: str | None) -> None:
    """Run the whole bundle in one process, or with --backend emulators in one process per function."""
    if place.backend == "cloud":
        stop(WRONG_USAGE, "expected --backend embedded or emulators, found cloud; `opos deploy` runs the bundle there")
    faults = verify(place.config_file, place.flags_file, os.environ)
    if faults:
        hint = "Fix them and start again. `opos demo` runs a bundle that needs no configuration."
        stop(WRONG_USAGE, "\n".join(str(fault) for fault in faults), hint=hint)
    from opos.bundle.data_folder import lock, misses_its_file, note_address
    from opos.bundle.server import require_free

    url = public_url or load_config(place.config_file).public_url or f"http://{_LOCALHOST}:{port}"
    require_free(host, port)
    if place.backend == "embedded" and misses_its_file(place.data):
        hint = "To bring the data back, stop opos and run `opos restore FROM` with a backup."
        say(f"The data file {place.data / DATA_FILE} is gone, so opos starts with an empty one. {hint}", err=True)
    with lock(place.data):
        note_address(place.data, f"http://{_reached(host)}:{port}")
        _serve(place, host, port, url)


def _reached(host: str) -> str:
    """Where a program on this machine reaches a server that listens on *host*."""
    local = {"0.0.0.0": _LOCALHOST, "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"[{local}]" if ":" in local and not local.startswith("[") else local


def _serve(place: Place, host: str, port: int, url: str) -> None:
    if place.backend == "emulators":
        from opos.bundle.emulated_bundle import serve_emulated

        click.echo("Starting the emulators and every function; this takes about ten seconds.", err=True)
        serve_emulated(place, host, port, url, when_ready=lambda ports: click.echo(welcome(place, url, ports)))
        return
    from opos.bundle.server import serve

    os.environ.update(place.environment(OPOS_PUBLIC_URL=url))
    serve(host, port, when_ready=lambda: click.echo(welcome(place, url)))


def welcome(place: Place, url: str, ports: Mapping[str, int] | None = None) -> str:
    """What `opos up` prints when it is ready. *ports* are those of the functions, if each has its own process."""
    runtime = place.new_runtime(OPOS_PUBLIC_URL=url)
    lines = [f"opos is up. Send webhooks to {url}/webhooks/{{source}}:"]
    lines += [f"  {name:<16} {source.scheme}" for name, source in runtime.config.sources.items()]
    if ports:
        lines += ["Each function runs in its own process. Unlike on Google Cloud, pushes are not authenticated here:"]
        lines += [f"  {name:<16} http://{_LOCALHOST}:{port}" for name, port in ports.items()]
    lines += [f"console  {_console(place, runtime)}", f"flags    {url}/flags", f"health   {url}/health"]
    lines += ["Ctrl-C stops it" + (" and deletes the data in the emulators." if ports else ".")]
    return "\n".join(lines)


def _console(place: Place, runtime: Runtime) -> str:
    """A link to the console at a terminal, else the command that prints one: a log must not contain the link."""
    if sys.stdout.isatty():
        return f"{console_url(runtime)}\n         (works once, within ten minutes; `opos console` prints another)"
    return f"run `opos console{'' if place.backend == 'embedded' else f' --backend {place.backend}'}` for a link"


def console_url(runtime: Runtime) -> str:
    return new_link(runtime.context())
