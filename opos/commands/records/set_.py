"""`opos records set`."""

from collections.abc import Iterator

import click

from opos.records.arguments import kind_argument
from opos.records.assignments import texts, values_of
from opos.records.editing import UNCHANGED, by_person, committed, dry_run_option, edit_content, edit_lines, why_option
from opos.records.lookup import find_record, kind_of
from opos.records.owners import owners_of
from opos.records.rehearsal import rehearsal
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.vocabulary import as_option
from shared.services.records.edits import Edited, edit
from shared.services.records.record import Stored


@click.command("set")
@kind_argument
@click.argument("words", metavar="RECORD FIELD=VALUE...", nargs=-1, required=True)
@dry_run_option
@why_option
@as_option
@with_place
@json_option
@reports_errors
def set_(
    kind: str, words: tuple[str, ...], why: str, who: str | None, place: Place, *, dry_run: bool, as_json: bool
) -> None:  # fmt: skip
    """Change fields of RECORD: plan=pro sets a value, and plan= with nothing after it unsets the field."""
    runtime = place.runtime()
    context = (rehearsal(runtime) if dry_run else runtime).context()
    declared = kind_of(kind, context)
    record = find_record(declared, words[0], context)
    values = values_of(declared, texts(words[1:]), context)
    cause, owners = by_person(who, why), owners_of(context)
    edited = committed(lambda: edit(declared, record.id, values, cause, owners, context))
    show(edit_content(edited), _lines(record, edited, is_rehearsed=dry_run), as_json=as_json)


def _lines(record: Stored, edited: Edited, *, is_rehearsed: bool) -> Iterator[str]:
    yield from edit_lines(record, edited)
    if is_rehearsed:
        yield UNCHANGED
