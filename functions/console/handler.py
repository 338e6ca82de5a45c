"""The operator's pages, and acknowledging by a signed link.

A GET changes nothing that you see: mail scanners and chat previews follow links. Only the operator may open the
console, by a session that a link of `opos console` begins, or deployed by an identity. A form has either an address
that carries its own permission, or the token of its session, so a forged form on another site can do nothing.
"""

from collections.abc import Callable

from functions.console import (
    access,
    acknowledgement,
    alert,
    alerts,
    ask,
    assets,
    digests,
    event,
    events,
    flags,
    health,
    heartbeats,
    menu,
    notification,
    record,
    record_form,
    records,
    review,
    search,
    settings,
    silences,
    today,
)
from functions.console.context import ConsoleContext
from functions.console.devices import installation, launch, subscriptions
from functions.console.forms import form
from functions.console.frame import framed, submitted
from functions.console.responses import message
from shared.errors import Gone, NotFound, Unavailable
from shared.records.company_fault import CompanyFault
from shared.values.http import HttpRequest, HttpResponse

_MEND = "Records are neither shown nor changed until then. Alerts, digests and flags work as before."
Answer = Callable[..., HttpResponse]
"""Called with the request, the context, and the part of the path at each asterisk."""


def handle(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The page at the request's path. A Conflict goes to the entry, which runs this again."""
    try:
        return _answer(request, context)
    except (NotFound, Gone) as error:
        return message(error.http_status, error.message, error.hint, context)
    except CompanyFault as fault:
        return message(503, "Your code in company/ does not load", f"Mend `{fault.message}`. {_MEND}", context)
    except Unavailable:
        hint = "Nothing was changed. Try again in a moment."
        return message(503, "The database does not answer.", hint, context, {"retry-after": "5"})


def _answer(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The answer to the request's method; to HEAD the same as to GET, since the platform drops the body."""
    path = request.path.strip("/").split("/")
    pattern = next((pattern for pattern in ROUTES if _matches(path, pattern.split("/"))), None)
    if pattern is None:
        raise NotFound("Page not found")
    answers = ROUTES[pattern]
    if answer := answers.get("GET" if request.method == "HEAD" else request.method):
        parts = (part for part, place in zip(path, pattern.split("/"), strict=True) if place == "*")
        return answer(request, context, *parts)
    allow = {"allow": ", ".join([*(["HEAD"] if "GET" in answers else []), *answers])}
    return message(405, "Open this page from the console", None, context, allow)


def _matches(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(place in {"*", part} for part, place in zip(path, pattern, strict=True))


ROUTES: dict[str, dict[str, Answer]] = {
    "": {"GET": framed(today.show, today.stamp)},
    "assets/*": {"GET": assets.show},
    "console/alerts": {"GET": framed(alerts.show, today.stamp)},
    "console/search": {"GET": framed(search.show)},
    "console/alert/*": {"GET": framed(alert.show, alert.stamp)},
    "console/alert/*/acknowledge": {"POST": form(alert.acknowledge)},
    "console/alert/*/resolve": {"POST": form(alert.resolve)},
    "console/alert/*/snooze/*": {"POST": form(alert.snooze)},
    "console/alert/*/note": {"POST": form(alert.add)},
    "console/ask/*": {"GET": framed(ask.show)},
    "console/ask/*/answer/*": {"POST": form(ask.answer)},
    "console/events": {"GET": framed(events.show)},
    "console/event/*": {"GET": framed(event.show)},
    "console/event/*/reveal": {"POST": form(event.reveal)},
    "console/event/*/replay": {"POST": form(event.replay)},
    "console/event/*/dismiss": {"POST": form(event.dismiss)},
    "console/message/*": {"GET": framed(notification.show)},
    "console/message/*/send": {"POST": form(notification.send)},
    "console/menu": {"GET": framed(menu.show)},
    "console/flags": {"GET": framed(flags.show)},
    "console/flags/override": {"POST": form(flags.set_override)},
    "console/flags/release": {"POST": form(flags.end_override)},
    "console/records": {"GET": framed(records.show)},
    "console/records/*": {"GET": framed(records.show)},
    "console/records/*/new": {"GET": framed(record_form.show_new), "POST": submitted(record_form.make)},
    "console/record/*/*": {"GET": framed(record.show)},
    "console/record/*/*/edit": {"GET": framed(record_form.show), "POST": submitted(record_form.save)},
    "console/record/*/*/delete": {"POST": form(record.delete)},
    "console/record/*/*/restore": {"POST": form(record.restore)},
    "console/record/*/*/undo": {"POST": form(record.undo)},
    "console/health": {"GET": framed(health.show)},
    "console/settings": {"GET": framed(settings.show)},
    "console/settings/channel/*/test": {"POST": form(settings.test_channel)},
    "console/settings/focus": {"POST": form(settings.begin_focus)},
    "console/settings/focus/end": {"POST": form(settings.end_focus)},
    "console/settings/session/*/end": {"POST": form(settings.end_session)},
    "review": {"GET": framed(review.show)},
    "console/*": {"GET": access.ask, "POST": access.sign_in},
    "sign-out/*": {"POST": access.sign_out},
    "ack/*": {"GET": acknowledgement.ask, "POST": acknowledgement.acknowledge},
    "ack/*/resolve": {"POST": acknowledgement.resolve},
    "ack/*/snooze/*": {"POST": acknowledgement.snooze},
    "silence/*": {"GET": silences.ask, "POST": silences.make},
    "unsilence/*": {"POST": silences.end},
    "digest/*": {"GET": digests.show},
    "heartbeat/*": {"GET": framed(heartbeats.show)},
    "rule/*": {"GET": digests.suggest},
    "unsubscribe/*": {"GET": digests.ask_to_stop, "POST": digests.stop},
    "unsubscribe/*/undo": {"POST": digests.begin},
    "app": {"GET": launch.start, "POST": launch.enter},
    "devices": {"GET": framed(subscriptions.show)},
    "devices/*": {"POST": subscriptions.add},
    "devices/*/remove": {"POST": subscriptions.drop},
    "devices/*/test": {"POST": subscriptions.test},
    "manifest.webmanifest": {"GET": installation.manifest},
    "sw.js": {"GET": installation.worker},
    **{name: {"GET": installation.icon} for name in installation.ICONS},
}
"""What answers at each path; the first pattern that matches. An asterisk stands for one part of the path."""
