"""`opos records merge`."""

from collections.abc import Iterator
from typing import Any

import click

from opos.records.arguments import kind_argument
from opos.records.change_id import shown_id
from opos.records.differences import in_words
from opos.records.editing import UNCHANGED, by_person, committed, dry_run_option, name_of, why_option
from opos.records.lookup import find_record, kind_of
from opos.records.owners import owners_of
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from opos.terminal.vocabulary import as_option
from shared.records.change import ChangeDoc, Difference
from shared.records.merge import Choice
from shared.records.text import shown
from shared.services.records.merge import Merge, preview
from shared.services.records.merge import merge as merge_records


@click.command("merge")
@kind_argument
@click.argument("goes", metavar="FROM")
@click.argument("stays", metavar="INTO")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@why_option
@as_option
@with_place
@json_option
@reports_errors
def merge(
    kind: str, goes: str, stays: str, why: str, who: str | None, place: Place, *, yes: bool, dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Merge the record FROM into the record INTO, which is the same thing: from then on FROM leads to INTO.

    The command first shows what INTO takes from FROM, and which values are lost, and asks. `opos records undo` of the
    change that it makes restores both records.
    """
    context = place.runtime().context()
    declared, owners = kind_of(kind, context), owners_of(context)
    ids = [find_record(declared, wanted, context).id for wanted in (goes, stays)]
    seen = preview(declared, ids[0], ids[1], owners, context)
    if dry_run:
        show(_content(seen, None), [*_lines(seen), UNCHANGED], as_json=as_json)
        return
    if not yes:
        say("\n".join(_lines(seen)), err=True)
        click.confirm("Merge the two?", abort=True, err=True)
    cause = by_person(who, why)
    made = committed(lambda: merge_records(declared, ids[0], ids[1], cause, owners, context, seen=seen))
    undo = f"Merged. `opos records undo {shown_id(seen.stays.id, made['n'])}` restores both records."
    show(_content(seen, made), [*(_lines(seen) if yes else ()), undo], as_json=as_json)


def _content(merge: Merge, made: ChangeDoc | None) -> dict[str, Any]:
    """A merge as JSON; `change` is the number of the change of the record that stays, null in a dry run."""
    return {
        "from": merge.goes.id, "record": merge.stays.id, "change": made["n"] if made else None,
        "fields": [choice._asdict() for choice in merge.choices],
    }  # fmt: skip


def _lines(merge: Merge) -> Iterator[str]:
    yield f"{name_of(merge.goes)}: goes, and leads to the other record"
    yield f"{name_of(merge.stays)}: stays"
    taken = [choice for choice in merge.choices if choice.is_taken]
    lost = [choice for choice in merge.choices if choice.lost is not None]
    if taken:
        yield "  It takes:"
        yield from in_words((Difference(choice.field, choice.lost, choice.kept) for choice in taken), indent=4)
    if lost:
        yield "  Lost, except in the history:"
        yield from map(_lost, lost)
    if not merge.choices:
        yield "  The two have the same values."


def _lost(choice: Choice) -> str:
    kept = "unset" if choice.kept is None else shown(choice.kept)
    return f"    {choice.field}: {shown(choice.lost)} (it is {kept})"
