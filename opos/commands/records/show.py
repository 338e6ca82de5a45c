"""`opos records show`."""

from datetime import datetime

import click

from opos.records.arguments import kind_argument, record_argument
from opos.records.lookup import find_record, is_redirected, kind_of
from opos.records.owners import known_owners
from opos.records.record_view import Shown, lines, view
from opos.records.versions import latest_by, versions_of
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from opos.terminal.times import moment, operator_clock
from shared.events import iso
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored


@click.command("show")
@kind_argument
@record_argument
@click.option("--at", type=moment, metavar="TIME", help="As it was: an age (2h), a day or an ISO 8601 time.")
@with_place
@json_option
@reports_errors
def show_record(kind: str, record: str, at: datetime | None, place: Place, *, as_json: bool) -> None:
    """Show RECORD: each field with its value, where the value came from and when, and who owns the field."""
    context = place.runtime().context()
    stored = find_record(kind_of(kind, context), record, context)
    content = view(_as_of(stored, iso(at), context) if at else _now(stored), known_owners(context), context)
    show(content, lines(content, operator_clock(context)), as_json=as_json)
    if is_redirected(stored, record, context):
        say(f"{record} was merged into this record.", err=True)


def _now(record: Stored) -> Shown:
    data, is_forgotten = record.doc.data, bool(record.forgotten_at)
    changed_at, created_at = data["changed_at"], data["created_at"]
    return Shown(record.kind, record.id, record.body, record.values, record.n, changed_at, created_at, is_forgotten)


def _as_of(record: Stored, at: str, context: RecordsContext) -> Shown:
    change, body, _ = latest_by(at, versions_of(record, context))
    n, made = change["n"], record.doc.data["created_at"]
    return Shown(record.kind, record.id, body, body["values"], n, change["at"], made)
