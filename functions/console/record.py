"""A record: its fields, each with whose word it is and since when, and its history, from which a change is undone."""

from collections.abc import Callable
from functools import wraps

from functions.console.context import ConsoleContext
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.paths import RECORDS, record_path, records_path
from functions.console.prefix import absent
from functions.console.record_view import change_row, empty, fields, ids, open_asks, undo_row
from functions.console.responses import message, redirect
from functions.console.rows import at
from shared.config.record_owners import owners
from shared.errors import NotFound, OposError
from shared.records.change import Actor, Cause
from shared.services.records.changes import last_changes
from shared.services.records.edits import set_state, undo_change
from shared.services.records.record import Stored, kind_named, stored
from shared.values.http import HttpRequest, HttpResponse
from shared.values.text import one_line

CHANGES = 20
LONGEST_WHY = 200
_DONE = {
    "made": "The record is made.",
    "saved": "Your change is saved.",
    "asked": "What belongs to another system is not changed yet: it waits for your answer.",
    "undone": "The change is undone, as a new change.",
    "deleted": "The record is deleted. Its history stays, and you can restore it.",
    "restored": "The record is restored.",
}


def show(request: HttpRequest, context: ConsoleContext, kind_name: str, id: str) -> Page:
    try:
        record = record_named(kind_name, id, context)
    except NotFound as error:
        return absent(error, id, RECORDS)
    path = record_path(record.kind.name, record.id)
    if record.id != id:
        return Page("", {}, location=path)
    changes = last_changes(record, context, limit=CHANGES + 1, before=_number(request.query.get("before", "")))
    undone = _number(request.query.get("undo", ""))
    view = {
        "title": record.title or record.id[:8], "id": record.id, "kind": record.kind, "path": path, "n": record.n,
        "list": records_path(record.kind.name), "at": at(record.doc.data["changed_at"], context),
        "is_deleted": record.body["state"] == "deleted", "is_forgotten": bool(record.forgotten_at),
        "done": _DONE.get(request.query.get("done", ""), ""),
        "fields": list(fields(record, context)), "asks": list(open_asks(record, context)),
        "ids": list(ids(record)), "empty": empty(record),
        "history": [change_row(change, context) for change in changes[:CHANGES]],
        "older": changes[CHANGES - 1]["n"] if len(changes) > CHANGES else 0,
        "undo": undo_row(record, undone, context) if undone else None, "longest_why": LONGEST_WHY,
    }  # fmt: skip
    return Page("record.html", view, RECORDS)


def record_named(kind_name: str, id: str, context: ConsoleContext) -> Stored:
    """The record *id*, or the one that it was merged into. Raises NotFound and CompanyFault."""
    kind = kind_named(kind_name, context)
    record = stored(kind, id, context) if id.isalnum() else None
    if record is None:
        raise NotFound(f"No {kind.name} has the id {one_line(id, 40)}", hint="It may be the id of something else.")
    return record


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(10**9)) else 0


Act = Callable[[Form, ConsoleContext, Stored], HttpResponse]


def _of_record(act: Act) -> Callable[[Form, ConsoleContext, str, str], HttpResponse]:
    """*act* with the record that the form is about; refused if the record has changed since the form was made."""

    @wraps(act)
    def answer(form: Form, context: ConsoleContext, kind_name: str, id: str) -> HttpResponse:
        record = record_named(kind_name, id, context)
        path = record_path(record.kind.name, record.id)
        if form.fields.get("n") != str(record.n):
            return changed_meanwhile(path, context)
        if len(form.fields.get("why", "")) > LONGEST_WHY:
            return message(400, f"Say why in at most {LONGEST_WHY} characters", "Nothing was changed.", context)
        try:
            return act(form, context, record)
        except OposError as error:
            return message(error.http_status, error.message, f"Nothing was changed. Open {path} again.", context)

    return answer


@_of_record
def delete(form: Form, context: ConsoleContext, record: Stored) -> HttpResponse:
    set_state(record.kind, record.id, "deleted", cause_of(form, context), context)
    return redirect(f"{record_path(record.kind.name, record.id)}?done=deleted")


@_of_record
def restore(form: Form, context: ConsoleContext, record: Stored) -> HttpResponse:
    set_state(record.kind, record.id, "live", cause_of(form, context), context)
    return redirect(f"{record_path(record.kind.name, record.id)}?done=restored")


@_of_record
def undo(form: Form, context: ConsoleContext, record: Stored) -> HttpResponse:
    """Undo a change. The form shows what is lost by it, so it says `force` where something is."""
    n, force = _number(form.fields.get("undo", "")), bool(form.fields.get("force"))
    undo_change(record.kind, record.id, n, cause_of(form, context), owners(context.config), context, force=force)
    return redirect(f"{record_path(record.kind.name, record.id)}?done=undone")


def cause_of(form: Form, context: ConsoleContext) -> Cause:
    return Cause(Actor(kind="person", name=context.config.owner), reason=one_line(form.fields.get("why", "")))
