"""`opos records set`."""

from collections.abc import Iterator, Sequence

import click

from opos.records import bulk
from opos.records.arguments import kind_argument
from opos.records.assignments import texts, values_of
from opos.records.bulk import Outcome
from opos.records.editing import UNCHANGED, by_person, committed, dry_run_option, edit_content, edit_lines, why_option
from opos.records.lookup import find_record, kind_of
from opos.records.owners import owners_of
from opos.records.rehearsal import rehearsal
from opos.records.where import chosen, conditions, where_option
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, say, show
from opos.terminal.progress import followed
from opos.terminal.vocabulary import as_option
from shared.records.change import Cause
from shared.records.kind import Kind
from shared.runtime.container import Runtime
from shared.services.records.edits import Edited, edit
from shared.services.records.record import Stored
from shared.values.text import readable


@click.command("set")
@kind_argument
@click.argument("words", metavar="[RECORD] FIELD=VALUE...", nargs=-1, required=True)
@where_option
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask before all records that --where chooses are changed.")
@why_option
@as_option
@with_place
@json_option
@reports_errors
def set_(
    kind: str, words: tuple[str, ...], where: tuple[str, ...], why: str, who: str | None, place: Place,
    *, dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Change fields of RECORD, or of all records that --where chooses.

    plan=pro sets a value, and plan= with nothing after it unsets the field.
    """
    runtime, cause = place.runtime(), by_person(who, why)
    declared = kind_of(kind, runtime.context())
    _require_record(declared, words, where)
    if where:
        _set_all(declared, words, where, cause, runtime, is_dry=dry_run, yes=yes, as_json=as_json)
    else:
        _set_one(declared, words, cause, rehearsal(runtime) if dry_run else runtime, is_dry=dry_run, as_json=as_json)


def _require_record(kind: Kind, words: Sequence[str], where: Sequence[str]) -> None:
    if not where and (len(words) == 1 or words[0].partition("=")[0] in kind.fields):
        raise click.UsageError(f"expected RECORD and then FIELD=VALUE, or --where, found {words[0]!r}")


def _set_one(
    kind: Kind, words: Sequence[str], cause: Cause, runtime: Runtime, *, is_dry: bool, as_json: bool
) -> None:  # fmt: skip
    context = runtime.context()
    record = find_record(kind, words[0], context)
    values, owners = values_of(kind, texts(words[1:]), context), owners_of(context)
    edited = committed(lambda: edit(kind, record.id, values, cause, owners, context))
    show(edit_content(edited), _lines(record, edited, is_dry=is_dry), as_json=as_json)


def _lines(record: Stored, edited: Edited, *, is_dry: bool) -> Iterator[str]:
    yield from edit_lines(record, edited, is_dry=is_dry)
    yield from (UNCHANGED,) if is_dry else ()


def _set_all(
    kind: Kind, words: Sequence[str], where: Sequence[str], cause: Cause, runtime: Runtime,
    *, is_dry: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    context = runtime.context()
    values = values_of(kind, texts(words), context)
    records = list(followed(chosen(kind, conditions(kind, where, context), context), "record"))
    outcomes = bulk.edit_all(records, values, cause, rehearsal(runtime))
    if not is_dry and bulk.effect(outcomes):
        if not yes:
            _confirm(outcomes)
        outcomes = bulk.edit_all(records, values, cause, runtime)
    show([bulk.content(outcome) for outcome in outcomes], _all_lines(outcomes, is_dry=is_dry), as_json=as_json)
    if any(outcome.fault for outcome in outcomes):
        raise SystemExit(FAILED)


def _confirm(outcomes: Sequence[Outcome]) -> None:
    say("\n".join(map(readable, bulk.lines(outcomes, is_dry=True))), err=True)
    click.confirm(f"This would {bulk.effect(outcomes)}. Continue?", abort=True, err=True)


def _all_lines(outcomes: Sequence[Outcome], *, is_dry: bool) -> Iterator[str]:
    yield from bulk.lines(outcomes, is_dry=is_dry)
    if not outcomes:
        yield f"No record matches. {UNCHANGED}"
    elif not (effect := bulk.effect(outcomes, is_done=not is_dry)):
        yield UNCHANGED
    else:
        yield f"This would {effect}. {UNCHANGED}" if is_dry else f"{effect.capitalize()}."
