"""`opos up`."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from opos.bundle.addresses import here, in_network
from opos.company import check
from opos.forwarding.target import Target, target
from opos.terminal.next_step import pasteable
from opos.terminal.options import DATA_FILE, Place, with_place
from opos.terminal.output import FAILED, WRONG_USAGE, reports_errors, say, stop
from shared.config.files.loader import load_config
from shared.errors import OposError
from shared.runtime.container import Runtime
from shared.services.console.sessions import new_link
from shared.telemetry import setup as telemetry
from shared.telemetry.logger import log as _log
from shared.verification import verify

TRACES = "faults.jsonl"
"""In the data folder: the whole lines, with stack traces, of the faults that the readable log names."""


@click.command("up")
@with_place
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--public-url", type=target, help="The public address of this bundle, for links in messages.")
@click.option(
    "--log", "form", type=click.Choice(["text", "json"]), envvar=telemetry.FORM,
    help="Readable lines, or JSON; by default text in a terminal.",
)  # fmt: skip
@reports_errors
def command(place: Place, host: str, port: int, public_url: Target | None, form: str | None) -> None:
    """Run the whole bundle in one process, or with --backend emulators in one process per function."""
    if place.backend == "cloud":
        stop(WRONG_USAGE, "expected --backend embedded or emulators, found cloud; `opos deploy` runs the bundle there")
    environment, unreadable = place.with_secrets()
    if faults := [*unreadable, *verify(place.config_file, place.flags_file, environment)]:
        mend = "Fix them and start again" if place.config_file.is_file() else f"`opos init` creates {place.config_file}"
        hint = f"{mend}. `opos demo` runs a bundle that needs no configuration."
        stop(WRONG_USAGE, "\n".join(str(fault) for fault in faults), hint=hint)
    _warn_of_company(place)
    config = load_config(place.config_file)
    os.environ.update(_log_settings(place.data, config.timezone, form))
    from opos.bundle.data_folder import lock, misses_its_file, note_address, require_idle
    from opos.bundle.server import require_free

    named = public_url.url if public_url else environment.get("OPOS_PUBLIC_URL") or config.public_url
    url = (named or in_network(host, port)).rstrip("/")
    require_idle(place.data)
    require_free(host, port)
    if place.backend == "embedded" and misses_its_file(place.data):
        hint = "To bring the data back, stop opos and run `opos restore FROM` with a backup."
        say(f"The data file {place.data / DATA_FILE} is gone, so opos starts with an empty one. {hint}", err=True)
    with lock(place.data):
        note_address(place.data, here(host, port), url)
        with _crashes_logged():
            _serve(place, host, port, url)


def _warn_of_company(place: Place) -> None:
    """A fault in `company/` stops what keeps records and nothing else, so the bundle starts."""
    if faults := check(place.company, place.config_file).faults:
        lines = "\n".join(str(fault) for fault in faults)
        say(f"warning: opos does not keep all records until this is fixed; everything else works:\n{lines}", err=True)


@contextmanager
def _crashes_logged() -> Iterator[None]:
    """In a terminal, a crash is a line of the log, which says where its stack trace is."""
    try:
        yield
    except (OposError, OSError):
        raise
    except Exception as crash:
        if not telemetry.is_readable():
            raise
        _log.critical("stopped", error=type(crash).__name__, exc_info=crash)
        sys.exit(FAILED)


def _log_settings(data: Path, zone: str, form: str | None) -> dict[str, str]:
    """The variables that shape the log of every process of the bundle."""
    readable = {telemetry.ZONE: zone, telemetry.TRACES: str(data / TRACES)}
    return {telemetry.FORM: form or (telemetry.TEXT if sys.stdout.isatty() else "json"), **readable}


def _serve(place: Place, host: str, port: int, url: str) -> None:
    def greet(ports: Mapping[str, int] | None = None) -> None:
        click.echo(pasteable(_welcome(place, host, port, url, ports)))

    if place.backend == "emulators":
        from opos.bundle.emulated_bundle import serve_emulated

        click.echo("Starting the emulators and every function; this takes about ten seconds.", err=True)
        serve_emulated(place, host, port, url, when_ready=greet)
        _say_stopped()
        return
    from opos.bundle.server import serve

    os.environ.update(place.environment(OPOS_PUBLIC_URL=url))
    serve(host, port, when_ready=greet, when_done=_say_stopped)


def _say_stopped() -> None:
    """Ctrl-C leaves `^C` on the line. A terminal that has closed reads nothing more."""
    if sys.stdout.isatty():
        click.echo("\nstopped")


def _welcome(place: Place, host: str, port: int, url: str, ports: Mapping[str, int] | None) -> str:
    from opos.bundle.welcome import welcome

    runtime = place.new_runtime(OPOS_PUBLIC_URL=url)
    console = console_url(runtime) if sys.stdout.isatty() else None
    return welcome(url, here(host, port), runtime.config.sources, console, ports)


def console_url(runtime: Runtime) -> str:
    return new_link(runtime.context())
