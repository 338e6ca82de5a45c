"""`opos export`."""

from datetime import UTC, datetime
from typing import IO

import click

from opos.history.event_log import line, read_log
from opos.terminal.options import Place, with_place
from opos.terminal.output import reports_errors
from opos.terminal.times import moment
from shared.values.text import counted


@click.command("export")
@click.option("--since", required=True, type=moment, help="An age (7d), a day (2026-11-01) or an ISO 8601 time.")
@click.option("--source", help="Only the events of this source.")
@click.option("--output", default="-", type=click.File("w", encoding="utf-8", lazy=True), help="A file; - for stdout.")
@with_place
@reports_errors
def command(place: Place, since: datetime, source: str | None, output: IO[str]) -> None:
    """Write the event log as JSON lines, one for each event with its raw body. `opos import` restores it."""
    count = 0
    for doc in read_log(place.runtime().store, since=since, until=datetime.now(UTC), source=source):
        output.write(f"{line(doc)}\n")
        count += 1
    click.echo(f"{counted(count, 'event')} exported", err=True)
