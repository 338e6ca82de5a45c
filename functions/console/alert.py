"""The page of an alert, and its buttons: acknowledge, snooze, resolve, and a note."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.console.acknowledgement_view import SNOOZES
from functions.console.alert_view import alert_version, alert_view
from functions.console.context import ConsoleContext
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.paths import ALERTS, alert_path
from functions.console.prefix import is_id
from functions.console.responses import message, redirect
from functions.console.rows import at
from shared.alerting.changes import Person
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import NotFound
from shared.ports import Doc
from shared.services.alerting.acknowledgement import KINDS, Act, act_on_alert
from shared.services.alerting.alert_notes import add_note
from shared.values.http import HttpRequest, HttpResponse
from shared.values.wall_clock import next_time_of_day

BUCKET = 300
"""Seconds after which the page is made anew, for what its stamp does not cover: deployments, flags, other alerts."""
LATEST = 3
"""How many of the latest notifications the stamp looks at, to notice that one was delivered."""
MORNING = time(8)
_DONE = {
    "acknowledge": "Acknowledged. If it is still firing when that ends, you are notified again.",
    "snooze": "Snoozed. If it is still firing then, you are notified again.",
    "resolve": "Resolved. If it fires again, a new episode starts.",
    "silence": "Silenced. If a matching alert is still firing when the silence ends, you are notified then.",
    "note": "Note added.",
}


def show(request: HttpRequest, context: ConsoleContext, id: str) -> Page:
    alert = _alert(id, context)
    number = request.query.get("episode", "")
    view = alert_view(alert, context, int(number) if number.isdecimal() and len(number) < 10 else None)  # noqa: PLR2004
    done = _already(alert, context) if "already" in request.query else _DONE.get(request.query.get("done", ""), "")
    return Page("alert.html", {**view, "done": done}, ALERTS, live=view["is_open"])


def stamp(context: ConsoleContext, id: str) -> str:
    """What a refresh compares before it reads the rest: the alert, its group, the latest messages, and five minutes."""
    alert = context.store.get(f"alerts/{id}") if is_id(id) else None
    group = context.store.get(f"groups/{alert.data['group']}") if alert and alert.data["group"] else None
    latest = context.store.query("outbox", order_by="created_at", descending=True, limit=LATEST)
    docs = [doc for doc in (alert, group, *latest) if doc]
    return f"{[doc.path + doc.version for doc in docs]} {int(context.now.timestamp()) // BUCKET}"


def acknowledge(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    return _act("acknowledge", form, context, id)


def resolve(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    return _act("resolve", form, context, id)


def snooze(form: Form, context: ConsoleContext, id: str, choice: str) -> HttpResponse:
    if choice not in SNOOZES:
        raise NotFound("Page not found")
    return _act("snooze", form, context, id, _until(SNOOZES[choice][1], context))


def add(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    """Add a note to the episode that the page showed; if another has begun, give the note back to its author."""
    alert, text = _alert(id, context), form.fields.get("text", "")
    if form.fields.get("version") != str(alert.data["episode"]):
        hint = f"The alert has begun to fire anew. Open {alert_path(alert.id)} and add your note there: {text}"
        return message(409, "The note was not added", hint, context)
    person, episode = _person(form, context), alert.data["episode"]
    try:
        add_note(alert.id, text, context, via="console", person=person, episode=episode)
    except ValueError as fault:
        return message(400, "The note was not added", f"{fault}.", context)
    return redirect(f"{alert_path(alert.id)}?done=note#notes")


def _act(what: Act, form: Form, context: ConsoleContext, id: str, until: datetime | None = None) -> HttpResponse:
    """The answer to a button. It acts on the alert as the page showed it; a second press changes nothing."""
    alert, seen = _alert(id, context), form.fields.get("version", "")
    path, is_open = alert_path(alert.id), alert.data["state"] in OPEN
    if is_open and seen == alert_version(alert):
        act_on_alert(alert, what, context, by="console", person=_person(form, context), until=until)
        return redirect(f"{path}?done={what}")
    is_same_episode = seen.partition("/")[0] == str(alert.data["episode"])
    if is_same_episode and KINDS.get(alert.data["state"]) == what:
        return redirect(f"{path}?already=1")
    return changed_meanwhile(path, context)


def _already(alert: Doc, context: Context) -> str:
    """What an earlier press, here or elsewhere, has made of *alert*; empty if nothing."""
    data = alert.data
    if data["state"] not in KINDS:
        return ""
    when = at(data["resolved_at" if data["state"] == "resolved" else "acknowledged_at"], context).short
    until = f", until {at(data['until'], context).short}" if data["until"] else ""
    return f"Already {data['state']}{f' at {when}' if when else ''}{until}."


def _alert(id: str, context: Context) -> Doc:
    alert = context.store.get(f"alerts/{id}") if is_id(id) else None
    if alert is None:
        raise NotFound("There is no such alert.", hint="opos keeps a resolved alert for 400 days.")
    return alert


def _person(form: Form, context: Context) -> Person:
    return Person(context.config.owner, form.device)


def _until(length: timedelta | None, context: Context) -> datetime:
    return context.now + length if length else next_time_of_day(MORNING, context.now, ZoneInfo(context.config.timezone))
