"""`opos records undo`."""

from collections.abc import Iterator

import click

from opos.records.change_id import find_change, shown_id
from opos.records.editing import (
    UNCHANGED,
    by_person,
    change_content,
    change_lines,
    committed,
    dry_run_option,
    name_of,
    why_option,
)
from opos.records.owners import owners_of
from opos.records.rehearsal import rehearsal
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.vocabulary import as_option
from shared.errors import OposError
from shared.records.change import Cause, ChangeDoc
from shared.runtime.container import Runtime
from shared.services.records.edits import WouldLose, undo_change
from shared.services.records.record import Stored
from shared.values.text import readable

_FORCE = "Add --force to lose what later changes set."


@click.command("undo")
@click.argument("change")
@click.option("--force", is_flag=True, help="Undo it although later changes of the same fields are lost.")
@dry_run_option
@why_option
@as_option
@with_place
@json_option
@reports_errors
def undo(
    change: str, why: str, who: str | None, place: Place, *, force: bool, dry_run: bool, as_json: bool
) -> None:  # fmt: skip
    """Undo CHANGE, such as 0a1b2c3d.3: a new change gives its fields the values that they had before.

    `opos records history` shows the changes of a record. To take an undo back, undo the change that it made.
    """
    runtime, cause = place.runtime(), by_person(who, why)
    record, n = find_change(change, runtime.context())
    made = _undone(record, n, cause, rehearsal(runtime) if dry_run else runtime, force=force)
    show(change_content(record.id, made), _lines(record, n, made, is_rehearsed=dry_run), as_json=as_json)


def _undone(record: Stored, n: int, cause: Cause, runtime: Runtime, *, force: bool) -> ChangeDoc | None:
    """The change that undoes change *n*. Raises WouldLose with what it would overwrite."""
    context = runtime.context()
    try:
        return committed(
            lambda: undo_change(record.kind, record.id, n, cause, owners_of(context), context, force=force)
        )
    except WouldLose as fault:
        forced = _undone(record, n, cause, rehearsal(runtime), force=True)
        lost = map(readable, change_lines(forced))
        raise Lossy("\n".join([f"{fault.message}. {UNCHANGED}", "It would change:", *lost]), hint=_FORCE) from None


class Lossy(OposError):
    """WouldLose, with a diff."""

    code = WouldLose.code


def _lines(record: Stored, n: int, made: ChangeDoc | None, *, is_rehearsed: bool) -> Iterator[str]:
    yield name_of(record)
    if made is None:
        yield f"  Change {n} is undone already: the record has the values of before."
        return
    undoes = "would undo" if is_rehearsed else f"({shown_id(record.id, made['n'])}) undoes"
    yield f"  Change {made['n']} {undoes} change {n}:"
    yield from change_lines(made, indent=4)
    if is_rehearsed:
        yield UNCHANGED
