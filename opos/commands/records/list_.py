"""`opos records list`."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from opos.records.arguments import kinds_argument
from opos.records.lookup import kind_of
from opos.records.selection import Selection
from opos.records.where import where_option
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.width import table
from shared.ports.indexes import CHANGED
from shared.records.kind import Field, Kind
from shared.records.text import shown
from shared.services.records.context import RecordsContext
from shared.services.records.listing import Listing
from shared.services.records.record import Stored
from shared.values.local_time import age
from shared.values.text import counted

_SHOWN = 50
_COLUMNS = 3
"""How many listed fields have a column."""


@click.command("list")
@kinds_argument
@where_option
@click.option("--sort", metavar="FIELD", help="A listed field, or -FIELD for its greatest value first.")
@click.option("--search", "words", help="Only records with these words in their titles.")
@click.option("--deleted", is_flag=True, help="Only deleted records. opos reads all records of KIND for that.")
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="The most records.")
@with_place
@json_option
@reports_errors
def list_(
    kind: str | None, where: tuple[str, ...], sort: str | None, words: str | None, limit: int, place: Place,
    *, deleted: bool, as_json: bool,
) -> None:  # fmt: skip
    """List the records of KIND, the one that changed last first. Without KIND, count the records of each kind."""
    context = place.runtime().context()
    selection = Selection(where, sort, words, deleted)
    if kind is None:
        if any(selection):
            raise click.UsageError("expected KIND with --where, --sort, --search and --deleted")
        _count(context, as_json=as_json)
        return
    declared = kind_of(kind, context)
    listing = selection.listing(declared, limit, context)
    lines = [*_lines(declared, listing.records, operator_clock(context))]
    show([_content(record) for record in listing.records], lines or _none(declared, selection), as_json=as_json)
    for note in _notes(listing):
        say(note, err=True)


def _count(context: RecordsContext, *, as_json: bool) -> None:
    """The records of each kind that are not deleted."""
    counts = {
        name: context.store.count(kind.collection, where=[(CHANGED, ">", "")]) for name, kind in context.kinds.items()
    }
    lines = table([(f"{count:,}", name) for name, count in counts.items()]) if counts else ()
    show(counts, [*lines] or "company/records.py declares no kinds.", as_json=as_json)


def _lines(kind: Kind, records: Sequence[Stored], clock: OperatorClock) -> Iterator[str]:
    if not records:
        return
    columns = [field for field in kind.fields.values() if field.is_listed and not field.refers_to][:_COLUMNS]
    heads = ("id", "changed", *(field.name for field in columns), "title")
    yield from table([heads, *(_row(record, columns, clock) for record in records)])


def _row(record: Stored, columns: Sequence[Field], clock: OperatorClock) -> tuple[str, ...]:
    values = record.values
    cells = (shown(values.get(field.name)) or "-" for field in columns)
    return (record.id[:8], age(record.doc.data["changed_at"], clock.now), *cells, record.title)


def _content(record: Stored) -> dict[str, Any]:
    data = record.doc.data
    return {
        "id": record.id, "kind": record.kind.name, "title": record.title, "change": record.n,
        "changed_at": data["changed_at"], "created_at": data["created_at"], "values": record.values,
    }  # fmt: skip


def _none(kind: Kind, selection: Selection) -> str:
    if any(selection):
        return f"No {kind.name} {'is deleted' if selection.deleted else 'matches'}."
    return f"There are no {kind.plural} yet. `opos records new {kind.name} FIELD=VALUE` creates one."


def _notes(listing: Listing) -> Iterator[str]:
    if listing.has_more:
        yield f"These are the first {counted(len(listing.records), 'record')}, and there are more; --limit shows more."
    if not listing.is_whole:
        yield "Some records may be missing: the kind has changed, and opos still lists its records anew."
