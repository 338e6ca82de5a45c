"""The link of a notification: it shows the alerts, and a button acknowledges, snoozes or resolves them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.console.access import is_operator
from functions.console.acknowledgement_view import SHOWN, SNOOZES, acknowledgement_view
from functions.console.context import OperatorContext
from functions.console.link_subject import Subject, link_subject
from functions.console.responses import message, page, redirect
from shared.alerting.changes import Person
from shared.context import Context
from shared.errors import NotFound
from shared.ports import Doc
from shared.services.alerting.acknowledgement import Act, act_on_alert, act_on_alerts
from shared.values.browsers import browser_of
from shared.values.http import HttpRequest, HttpResponse
from shared.values.wall_clock import next_time_of_day

_MORNING = time(8)
_TEST = "The link works. There was nothing to acknowledge, so nothing changed."


def ask(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    if test := _tested(token, context):
        return _test_page(test, context)
    return _shown(link_subject(token, context, most=SHOWN + 1), token, context)


def acknowledge(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    return _press(request, context, token, "acknowledge")


def resolve(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    return _press(request, context, token, "resolve")


def snooze(request: HttpRequest, context: OperatorContext, token: str, choice: str) -> HttpResponse:
    if choice not in SNOOZES:
        raise NotFound("Page not found")
    return _press(request, context, token, "snooze", until=_until(SNOOZES[choice][1], context))


def _press(
    request: HttpRequest, context: OperatorContext, token: str, what: Act, *, until: datetime | None = None
) -> HttpResponse:
    """The answer to a button. A second press changes nothing."""
    if test := _tested(token, context):
        return _test_page(test, context)
    before = link_subject(token, context)
    by_operator = is_operator(request, context)
    device = browser_of(request.headers.get("user-agent", ""))
    by, person = ("console", Person(context.config.owner, device)) if by_operator else ("link", Person("", device))
    after, changed = _act(before.alerts, what, context, until, by, person)
    if by_operator:
        return redirect("/")
    return _shown(replace(before, alerts=after), token, context, just_done=changed > 0)


def _tested(token: str, context: Context) -> str:
    """The channel that the link of *token* tests; empty for the link of an alert."""
    return str(context.links.read("ack", token, now=context.now).get("test", ""))


def _test_page(channel: str, context: Context) -> HttpResponse:
    return message(200, f"This was a test of the channel {channel}", _TEST, context)


def _act(
    alerts: Sequence[Doc], what: Act, context: Context, until: datetime | None, by: str, person: Person
) -> tuple[Sequence[Doc], int]:
    """The alerts after the act, and how many of them changed."""
    if len(alerts) != 1:
        return act_on_alerts(alerts, what, context, by=by, person=person, until=until)
    after = act_on_alert(alerts[0], what, context, by=by, person=person, until=until)
    return [after], int(after is not alerts[0])


def _shown(subject: Subject, token: str, context: Context, *, just_done: bool = False) -> HttpResponse:
    alerts = subject.alerts or subject.last
    view = acknowledgement_view(alerts, subject.labels, f"/ack/{token}", context, just_done=just_done)
    return page(200, "ack.html", view, context)


def _until(length: timedelta | None, context: Context) -> datetime:
    if length:
        return context.now + length
    return next_time_of_day(_MORNING, context.now, ZoneInfo(context.config.timezone))
