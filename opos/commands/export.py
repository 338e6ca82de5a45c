"""`opos export`."""

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from opos.history.event_log import line, read_log
from opos.terminal.completion import sources
from opos.terminal.files import open_private
from opos.terminal.options import Place, with_place
from opos.terminal.output import reports_errors
from opos.terminal.progress import followed
from opos.terminal.times import moment
from shared.values.text import counted


@click.command("export")
@click.option("--since", required=True, type=moment, help="An age (7d), a day (2026-11-01) or an ISO 8601 time.")
@click.option("--source", shell_complete=sources, help="Only the events of this source.")
@click.option("--output", default="-", help="A file, which only you can read; - for stdout.")
@with_place
@reports_errors
def command(place: Place, since: datetime, source: str | None, output: str) -> None:
    """Write the event log as JSON lines, one for each event with its raw body. `opos import` restores it."""
    log, count = read_log(place.runtime().store, since=since, until=datetime.now(UTC), source=source), 0
    with nullcontext(sys.stdout) if output == "-" else open_private(Path(output)) as file:
        for doc in log if sys.stdout.isatty() and output == "-" else followed(log, "event"):
            file.write(f"{line(doc)}\n")
            count += 1
    click.echo(f"{counted(count, 'event')} exported", err=True)
