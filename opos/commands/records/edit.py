"""`opos records new`, `opos records delete` and `opos records restore`."""

import click

from opos.records.arguments import kind_argument, record_argument
from opos.records.assignments import assignments, texts, values_of
from opos.records.differences import in_words
from opos.records.editing import by_person, change_content, committed, name_of, why_option
from opos.records.lookup import find_record, kind_of
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.vocabulary import as_option
from shared.records.body import State
from shared.records.change import Cause, differences
from shared.services.records.edits import create, set_state


@click.command("new")
@kind_argument
@assignments
@click.option("--allow-forgotten", is_flag=True, help="Also if somebody who was forgotten had one of its keys.")
@why_option
@as_option
@with_place
@json_option
@reports_errors
def new(
    kind: str, assignments: tuple[str, ...], why: str, who: str | None, place: Place, *, allow_forgotten: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Create a record of KIND with these values, such as name=Ada plan=pro 'mrr=9.00 EUR'."""
    context = place.runtime().context()
    declared = kind_of(kind, context)
    values = values_of(declared, texts(assignments), context, is_new=True)
    cause = by_person(who, why)
    made = committed(lambda: create(declared, values, cause, context, allow_forgotten=allow_forgotten))
    record = find_record(declared, made.record, context)
    changed = in_words(differences(made.change)) if made.change else ()
    show(change_content(record.id, made.change), [f"Created {name_of(record)}", *changed], as_json=as_json)


@click.command("delete")
@kind_argument
@record_argument
@why_option
@as_option
@with_place
@json_option
@reports_errors
def delete(kind: str, record: str, why: str, who: str | None, place: Place, *, as_json: bool) -> None:
    """Delete RECORD. It leaves every list, and others can have its keys. Its history stays, so you can restore it."""
    _become("deleted", kind, record, by_person(who, why), place, as_json=as_json)


@click.command("restore")
@kind_argument
@record_argument
@why_option
@as_option
@with_place
@json_option
@reports_errors
def restore(kind: str, record: str, why: str, who: str | None, place: Place, *, as_json: bool) -> None:
    """Restore RECORD, which was deleted, with the values that it had."""
    _become("live", kind, record, by_person(who, why), place, as_json=as_json)


def _become(state: State, kind: str, wanted: str, cause: Cause, place: Place, *, as_json: bool) -> None:
    context = place.runtime().context()
    record = find_record(kind_of(kind, context), wanted, context)
    made = committed(lambda: set_state(record.kind, record.id, state, cause, context))
    show(change_content(record.id, made), _said(state, name_of(record), record.id[:8], kind, made), as_json=as_json)


def _said(state: State, name: str, id: str, kind: str, made: object) -> str:
    is_deleted = state == "deleted"
    if made is None:
        return f"{name} is {'deleted' if is_deleted else 'not deleted'} already. Nothing was changed."
    undo = f" `opos records restore {kind} {id}` restores it." if is_deleted else ""
    return f"{'Deleted' if is_deleted else 'Restored'} {name}.{undo}"
