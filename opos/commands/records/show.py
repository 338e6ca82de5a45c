"""`opos records show`."""

from datetime import datetime

import click

from opos.records.arguments import kind_argument, record_argument
from opos.records.lookup import find_record, kind_of
from opos.records.record_view import Shown, lines, view
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import moment, operator_clock
from shared.errors import NotFound
from shared.events import iso
from shared.records.history import versions
from shared.services.records.context import RecordsContext
from shared.services.records.edits import changes_of
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
    content = view(_as_of(stored, iso(at), context) if at else _now(stored), {}, context)
    show(content, lines(content, operator_clock(context)), as_json=as_json)


def _now(record: Stored) -> Shown:
    data = record.doc.data
    return Shown(record.kind, record.id, record.body, record.values, record.n, data["changed_at"], data["created_at"])


def _as_of(record: Stored, at: str, context: RecordsContext) -> Shown:
    """*record* after the last change that was made by *at*. Raises NotFound if there was none."""
    past = [version for version in versions(changes_of(record.id, context)) if version.change["at"] <= at]
    created_at = record.doc.data["created_at"]
    if not past:
        raise NotFound(f"expected a time after {created_at}, when the record was created, found {at}")
    last = past[-1]
    values = record.kind.current(last.body["values"], last.body["schema"])
    return Shown(record.kind, record.id, last.body, values, last.change["n"], last.change["at"], created_at)
