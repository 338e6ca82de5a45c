"""`opos records export`."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from opos.records.arguments import kinds_argument
from opos.records.export import change_lines, record_lines, record_rows
from opos.records.lookup import kind_of
from opos.terminal.files import open_private
from opos.terminal.groups import Choice
from opos.terminal.options import Place, with_place
from opos.terminal.output import reports_errors
from opos.terminal.progress import followed
from shared.services.records.context import RecordsContext
from shared.values.text import counted


@click.command("export")
@kinds_argument
@click.option("--changes", is_flag=True, help="Export the changes, with which another bundle has the same records.")
@click.option("--format", type=Choice(("jsonl", "csv")), default="jsonl", show_default=True, help="Of the lines.")
@click.option("--output", default="-", help="A file, which only you can read; - for stdout.")
@with_place
@reports_errors
def export_records(kind: str | None, format: str, output: str, place: Place, *, changes: bool) -> None:
    """Write the records of KIND, or of all kinds, as JSON lines or CSV. `opos records import` reads them.

    Deleted and merged records are left out; --changes has all. `opos records rebuild --changes` puts changes
    into a bundle.
    """
    if format == "csv" and (changes or kind is None):
        raise click.UsageError("expected KIND with --format csv, and no --changes: only one kind has one header")
    count, noun = -1 if format == "csv" else 0, "change" if changes else "record"
    lines = _lines(kind, place.runtime().context(), changes=changes, as_csv=format == "csv")
    with nullcontext(sys.stdout) if output == "-" else open_private(Path(output)) as file:
        for line in lines if sys.stdout.isatty() and output == "-" else followed(lines, noun):
            file.write(f"{line}\n")
            count += 1
    click.echo(f"{counted(count, noun)} exported", err=True)


def _lines(kind: str | None, context: RecordsContext, *, changes: bool, as_csv: bool) -> Iterator[str]:
    kinds = [kind_of(kind, context)] if kind else list(context.kinds.values())
    if changes:
        return change_lines(kinds[0].name if kind else "", context)
    return record_rows(kinds[0], context) if as_csv else record_lines(kinds, context)
