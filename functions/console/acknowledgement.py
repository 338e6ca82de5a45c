"""The link of a notification: it shows the alerts, and a button acknowledges, snoozes or resolves them.

A link names a group and the escalation that it was sent for, or an alert and its episode; it expires with that
escalation or episode. The link of a test (`opos channels test`) names the channel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from functions.console.access import is_operator
from functions.console.acknowledgement_view import SHOWN, SNOOZES, acknowledgement_view
from functions.console.context import OperatorContext
from functions.console.responses import message, page, redirect
from shared.context import Context
from shared.errors import Gone, NotFound
from shared.ports import Doc
from shared.services.alerting.acknowledgement import Act, act_on_alert, act_on_members, members
from shared.values.http import HttpRequest, HttpResponse

_EARLIER = "It was resolved and has fired again since. Use the link in the latest notification, or open the console."
_NOT_STORED = "opos no longer stores this alert."
_TEST = "The link works. There was nothing to acknowledge, so nothing changed."


@dataclass(frozen=True, slots=True)
class Subject:
    """What a link is about: one alert, or a `group` and its open `alerts`, of which there may be none."""

    alerts: Sequence[Doc]
    group: Doc | None

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that the alerts share."""
        source = self.group or self.alerts[0]
        return source.data.get("labels") or {}


def ask(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    if test := _tested(token, context):
        return _test_page(test, context)
    return _shown(_subject(token, context, most=SHOWN + 1), token, context)


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
    before = _subject(token, context)
    after, changed = _act(before, what, context, until)
    if is_operator(request, context):
        return redirect("/")
    return _shown(replace(before, alerts=after), token, context, just_done=changed > 0)


def _tested(token: str, context: Context) -> str:
    """The channel that the link of *token* tests; empty for the link of an alert."""
    return str(context.links.read("ack", token, now=context.now).get("test", ""))


def _test_page(channel: str, context: Context) -> HttpResponse:
    return message(200, f"This was a test of the channel {channel}", _TEST, context)


def _act(subject: Subject, what: Act, context: Context, until: datetime | None) -> tuple[Sequence[Doc], int]:
    """The alerts after the act, and how many of them changed."""
    if subject.group:
        return act_on_members(subject.group.id, subject.alerts, what, context, by="link", until=until)
    before = subject.alerts[0]
    after = act_on_alert(before, what, context, by="link", until=until)
    return [after], int(after is not before)


def _shown(subject: Subject, token: str, context: Context, *, just_done: bool = False) -> HttpResponse:
    alerts = subject.alerts or _last_notified(subject.group, context)
    view = acknowledgement_view(alerts, subject.labels, f"/ack/{token}", context, just_done=just_done)
    return page(200, "ack.html", view, context)


def _until(length: timedelta | None, context: Context) -> datetime:
    if length:
        return context.now + length
    local = context.now.astimezone(ZoneInfo(context.config.timezone))
    morning = local.replace(hour=8, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)


def _subject(token: str, context: Context, *, most: int | None = None) -> Subject:
    """What the link of *token* is about, with at most *most* alerts."""
    claims = context.links.read("ack", token, now=context.now)
    return _group(claims, context, most) if "group" in claims else _alert(claims, context)


def _group(claims: Mapping[str, Any], context: Context, most: int | None) -> Subject:
    id = claims["group"]
    group = context.store.get(f"groups/{id}")
    if group is None:
        raise NotFound(_NOT_STORED)
    if group.data["called_at"] != claims["call"]:
        raise Gone("This link belongs to an earlier episode of the alert.", hint=_EARLIER)
    return Subject(list(islice(members(id, context), most)), group)


def _last_notified(group: Doc | None, context: Context) -> list[Doc]:
    """The alerts of the group's last notification, for a group without open alerts."""
    ids = group.data.get("last_told") or [] if group else []
    alerts = [alert for id in ids if (alert := context.store.get(f"alerts/{id}"))]
    if not alerts:
        raise NotFound(_NOT_STORED)
    return alerts


def _alert(claims: Mapping[str, Any], context: Context) -> Subject:
    alert = context.store.get(f"alerts/{claims['alert']}")
    if alert is None:
        raise NotFound(_NOT_STORED)
    if alert.data.get("episode") != claims["episode"]:
        raise Gone("This link belongs to an earlier episode of the alert.", hint=_EARLIER)
    return Subject([alert], None)
