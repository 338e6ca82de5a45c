"""The link of a page: it shows what calls, and acknowledges, snoozes or resolves it by the press of a button.

A link names a group and the call it was made for, or one alert and its episode; either right ends with that call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from functions.console.access import is_operator
from functions.console.acknowledgement_view import SHOWN, SNOOZES, acting_view
from functions.console.context import OperatorContext
from functions.console.responses import page, redirect
from shared.context import Context
from shared.errors import Gone, NotFound
from shared.ports import Doc
from shared.services.alerting.acknowledgement import Act, act_on_alert, act_on_group
from shared.values.http import HttpRequest, HttpResponse

_EARLIER = "It was over and has come back since. Use the link in its latest message, or open the console."


@dataclass(frozen=True, slots=True)
class Subject:
    """What a link is about: `alerts` are the open ones, or the last that are known of it."""

    alerts: list[Doc]
    group: Doc | None

    @property
    def labels(self) -> dict[str, str]:
        """What the alerts have in common."""
        source = self.group or self.alerts[0]
        return dict(source.data.get("labels") or {})


def ask(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    return _shown(token, context)


def _shown(token: str, context: Context, *, just_done: bool = False) -> HttpResponse:
    subject = _subject(token, context)
    view = acting_view(subject.alerts, subject.labels, f"/ack/{token}", context, just_done=just_done)
    return page(200, "ack.html", view, context)


def acknowledge(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    return _do(request, context, token, "acknowledge")


def resolve(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    return _do(request, context, token, "resolve")


def snooze(request: HttpRequest, context: OperatorContext, token: str, choice: str) -> HttpResponse:
    if choice not in SNOOZES:
        raise NotFound("There is nothing at this address.")
    return _do(request, context, token, "snooze", until=_until(SNOOZES[choice][1], context))


def _do(
    request: HttpRequest, context: OperatorContext, token: str, what: Act, *, until: datetime | None = None
) -> HttpResponse:
    """Doing it twice is doing it once."""
    subject = _subject(token, context)
    changed = _act(subject, what, context, until)
    if is_operator(request, context):
        return redirect("/")
    return _shown(token, context, just_done=changed > 0)


def _until(length: timedelta | None, context: Context) -> datetime:
    if length:
        return context.now + length
    local = context.now.astimezone(ZoneInfo(context.config.timezone))
    morning = local.replace(hour=8, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)


def _act(subject: Subject, what: Act, context: Context, until: datetime | None) -> int:
    if subject.group:
        return act_on_group(subject.group.id, what, context, by="link", until=until)
    before = subject.alerts[0]
    return int(act_on_alert(before, what, context, by="link", until=until) is not before)


def _subject(token: str, context: Context) -> Subject:
    claims = context.links.read("ack", token, now=context.now)
    return _group(claims, context) if "group" in claims else _alert(claims, context)


def _group(claims: dict[str, Any], context: Context) -> Subject:
    group = context.store.get(f"groups/{claims['group']}")
    if group is None:
        raise NotFound("This alert is not kept any more.")
    if group.data["called_at"] != claims["call"]:
        raise Gone("This link belongs to an earlier episode of the alert.", hint=_EARLIER)
    docs = (doc for doc in context.store.query("alerts", where=[("group", "==", group.id)]) if doc.data["told_at"])
    return Subject(list(islice(docs, SHOWN + 1)) or _told_last(group, context), group)


def _told_last(group: Doc, context: Context) -> list[Doc]:
    """What the group's last page told of, where nothing of it is open any more."""
    found = (context.store.get(f"alerts/{id}") for id in group.data.get("last_told") or [])
    return [doc for doc in found if doc]


def _alert(claims: dict[str, Any], context: Context) -> Subject:
    alert = context.store.get(f"alerts/{claims['alert']}")
    if alert is None:
        raise NotFound("This alert is not kept any more.")
    if alert.data.get("episode") != claims["episode"]:
        raise Gone("This link belongs to an earlier episode of the alert.", hint=_EARLIER)
    return Subject([alert], None)
