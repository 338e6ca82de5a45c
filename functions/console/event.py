"""The page of an event, and its forms: show the values that are redacted, and replay."""

from datetime import timedelta

from functions.console.context import ConsoleContext
from functions.console.event_preview import preview
from functions.console.event_view import event_view
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.paths import EVENTS, event_path
from functions.console.prefix import absent, named
from functions.console.responses import message, redirect
from shared.context import Context
from shared.errors import Gone, NotFound
from shared.ports import Doc
from shared.services.intake.dismissal import dismissal
from shared.services.intake.replay import EventForgotten
from shared.services.intake.replay import replay as replay_event
from shared.telemetry.logger import log as _log
from shared.values.http import HttpRequest, HttpResponse

SHOWN = timedelta(minutes=5)
"""How long the address shows the redacted values."""
_DONE = {
    "replay": "Replayed. What follows appears here, usually within seconds. Reload this page to see it.",
    "dismiss": "Dismissed. The event log keeps it.",
}


def show(request: HttpRequest, context: ConsoleContext, id: str) -> Page:
    try:
        doc = _event(id, context)
    except NotFound as error:
        return absent(error, id, EVENTS)
    if doc.id != id:
        return Page("", {}, location=event_path(doc.id))
    view = event_view(doc, context, is_shown=_is_shown(request.query.get("shown", ""), doc, context))
    would = preview(doc, context) if request.query.get("replay") else None
    return Page("event.html", {**view, "would": would, "done": _DONE.get(request.query.get("done", ""), "")}, EVENTS)


def reveal(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    """Write down that the operator sees what is redacted, and lead to an address that shows it for a while."""
    doc = _event(id, context)
    _log.info("values_shown", event_id=doc.id, by=form.who)
    token = context.links.token("shown", {"event": doc.id}, expires=context.now + SHOWN)
    return redirect(f"{event_path(doc.id)}?shown={token}#payload")


def replay(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    doc = _event(id, context)
    if not form.is_of(doc):
        return changed_meanwhile(event_path(doc.id), context)
    nonce = context.new_id()[:8]
    try:
        replay_event(doc, nonce, context, is_named=True)
    except EventForgotten as error:
        return message(error.http_status, error.message, "Nothing was changed.", context)
    _log.info("replayed", event_id=doc.id)
    return redirect(f"{event_path(doc.id)}?done=replay")


def dismiss(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    """Take an event in quarantine off the list of problems, as `opos dismiss` does."""
    doc, why = _event(id, context), form.fields.get("why", "").strip()
    if not form.is_of(doc) or not doc.data["quarantine"]:
        return changed_meanwhile(event_path(doc.id), context)
    if not why:
        return message(400, "Say why you dismiss it", "Nothing was changed.", context)
    context.store.commit([dismissal(doc, why, context.now)])
    return redirect(f"{event_path(doc.id)}?done=dismiss")


def _event(id: str, context: Context) -> Doc:
    return named(("events",), id, "event", context)


def _is_shown(token: str, doc: Doc, context: Context) -> bool:
    try:
        return bool(token) and bool(context.links.read("shown", token, now=context.now)["event"] == doc.id)
    except (NotFound, Gone):
        return False
