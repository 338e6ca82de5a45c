"""The form of a record, made from the model of its kind: for a new record, and to edit one."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.console.context import ConsoleContext
from functions.console.forms import Form
from functions.console.frame import Page
from functions.console.paths import RECORDS, record_path, records_path
from functions.console.prefix import absent
from functions.console.record import LONGEST_WHY, cause_of, record_named
from functions.console.record_view import system_in_words
from functions.console.responses import redirect
from functions.console.rows import Row
from shared.config.record_owners import owners
from shared.errors import NotFound, OposError
from shared.records.body import OPERATOR
from shared.records.history import versions
from shared.records.kind import Field, InvalidValues, Kind
from shared.records.ownership import owner
from shared.records.text import choices, control, is_prose, label, read, written
from shared.services.records.changes import changes_of
from shared.services.records.edits import Edited, Overtaken, create, edit
from shared.services.records.record import Stored, kind_named
from shared.values.http import HttpRequest, HttpResponse

_HINTS = {
    "money": "Such as 129.00 EUR", "list": "With commas between", "object": "As JSON",
    "time": "Such as 2026-11-28T10:00:00Z",
}  # fmt: skip


def show_new(request: HttpRequest, context: ConsoleContext, kind_name: str) -> Page:
    kind = kind_named(kind_name, context)
    return _page(kind, None, written_values(kind, kind.defaults), context)


def show(request: HttpRequest, context: ConsoleContext, kind_name: str, id: str) -> Page:
    try:
        record = record_named(kind_name, id, context)
    except NotFound as error:
        return absent(error, id, RECORDS)
    return _page(record.kind, record, written_values(record.kind, record.complete), context)


def make(form: Form, context: ConsoleContext, kind_name: str) -> Page | HttpResponse:
    """A new record with what the operator typed; what they left as it was stays the default."""
    kind = kind_named(kind_name, context)
    typed = typed_values(kind, form)
    try:
        changed = changed_values(kind, typed, written_values(kind, kind.defaults))
        made = create(kind, changed, cause_of(form, context), context)
    except OposError as error:
        return _page(kind, None, typed, context, error, form)
    return redirect(f"{record_path(kind.name, made.record)}?done=made")


def save(form: Form, context: ConsoleContext, kind_name: str, id: str) -> Page | HttpResponse:
    """Set the fields that the operator changed. The form comes back, as it was typed, if that cannot be done."""
    record = record_named(kind_name, id, context)
    typed, seen = typed_values(record.kind, form), _seen(record, form, context)
    changed = changed_values(record.kind, typed, seen)
    base = int(form.fields["n"]) if form.fields.get("n", "").isdigit() else 1
    try:
        edited = edit(record.kind, id, changed, cause_of(form, context), owners(context.config), context, base=base)
    except OposError as error:
        return _page(record.kind, record, typed, context, error, form)
    return redirect(f"{record_path(record.kind.name, record.id)}?done={_outcome(edited)}")


def _outcome(edited: Edited) -> str:
    return "asked" if edited.ask else "saved"


def typed_values(kind: Kind, form: Form) -> dict[str, str]:
    return {name: form.fields[f"v.{name}"].strip() for name in kind.fields if f"v.{name}" in form.fields}


def changed_values(kind: Kind, typed: Mapping[str, str], seen: Mapping[str, str]) -> dict[str, Any]:
    return {name: read(kind.fields[name], text) for name, text in typed.items() if text != seen.get(name, "")}


def written_values(kind: Kind, values: Mapping[str, Any]) -> dict[str, str]:
    return {name: written(field, values.get(name)).strip() for name, field in kind.fields.items()}


def _seen(record: Stored, form: Form, context: ConsoleContext) -> dict[str, str]:
    """What the form showed before the operator typed: the values of the version that it was made from."""
    n = form.fields.get("n", "")
    if n == str(record.n):
        return written_values(record.kind, record.complete)
    bodies = [
        version.body
        for version in versions(changes_of(record.id, context, last=record.n))
        if str(version.change["n"]) == n
    ]
    values = record.kind.current(bodies[0]["values"], bodies[0]["schema"]) if bodies else {}
    return written_values(record.kind, {**record.kind.defaults, **values})


def _page(
    kind: Kind, record: Stored | None, typed: Mapping[str, str], context: ConsoleContext,
    error: OposError | None = None, form: Form | None = None,
) -> Page:  # fmt: skip
    """The form with what was *typed* in it. An error stands at its field, if it is about one."""
    faults = error.faults if isinstance(error, InvalidValues) else {}
    path = record_path(kind.name, record.id) if record else records_path(kind.name)
    view = {
        "kind": kind, "title": record.title if record else "", "path": path, "n": record.n if record else 0,
        "fields": list(_fields(kind, record, typed, faults, context)), "is_faulty": bool(faults),
        "fault": error.message if error and not faults else "", "is_overtaken": isinstance(error, Overtaken),
        "why": form.fields.get("why", "") if form else "", "longest_why": LONGEST_WHY,
    }  # fmt: skip
    return Page("record_form.html", view, RECORDS, error.http_status if error else 200)


def _fields(
    kind: Kind, record: Stored | None, typed: Mapping[str, str], faults: Mapping[str, str], context: ConsoleContext
) -> Iterator[Row]:
    said = owners(context.config)
    for name, field in kind.fields.items():
        system = owner(kind, name, record.body, said) if record else OPERATOR
        yield {
            "name": name, "label": label(name), "text": typed.get(name, ""), "fault": faults.get(name, ""),
            "control": "prose" if is_prose(field) else control(field), "choices": _choices(field),
            "is_required": field.info.is_required(), "hint": _hint(field),
            "owner": "" if system == OPERATOR else system_in_words(system),
        }  # fmt: skip


def _choices(field: Field) -> list[str]:
    return ["yes", "no"] if control(field) == "yes or no" else [str(choice) for choice in choices(field)]


def _hint(field: Field) -> str:
    if field.refers_to:
        return f"The id of a {field.refers_to}"
    return _HINTS.get(control(field), "")
