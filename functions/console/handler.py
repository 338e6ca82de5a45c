"""The operator's pages, and acknowledging by a signed link.

A GET changes nothing that you see: mail scanners and chat previews follow links. Only the operator may open the
console, by a session that a link of `opos console` begins, or deployed by an identity. The address of every form
carries its own permission, and no cookie does, so a forged form on another site can do nothing.
"""

from collections.abc import Callable

from functions.console import access, acknowledgement, digests, heartbeats, review, silences
from functions.console.context import ConsoleContext
from functions.console.devices import installation, launch, subscriptions
from functions.console.overview import console_view
from functions.console.responses import message, page
from shared.errors import Gone, NotFound, Unavailable
from shared.values.http import HttpRequest, HttpResponse

Answer = Callable[..., HttpResponse]
"""Called with the request, the context, and the part of the path at each asterisk."""


def handle(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The page at the request's path. A Conflict goes to the entry, which runs this again."""
    try:
        return _answer(request, context)
    except (NotFound, Gone) as error:
        return message(error.http_status, error.message, error.hint, context)
    except Unavailable:
        hint = "Nothing was changed. Try again in a moment."
        return message(503, "The database does not answer.", hint, context, {"retry-after": "5"})


def _answer(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The answer to the request's method; to HEAD the same as to GET, since the platform drops the body."""
    path = request.path.strip("/").split("/")
    pattern = "/".join("*" if index % 2 else part for index, part in enumerate(path))
    answers = ROUTES.get(pattern)
    if answers is None:
        raise NotFound("Page not found")
    if answer := answers.get("GET" if request.method == "HEAD" else request.method):
        return answer(request, context, *path[1::2])
    allow = {"allow": ", ".join([*(["HEAD"] if "GET" in answers else []), *answers])}
    return message(405, "Open this page from the console", None, context, allow)


def _overview(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    sign_out = access.way_out(request, context)
    if sign_out is None:
        return access.entrance(context)
    return page(200, "console.html", {**console_view(context), "sign_out": sign_out}, context)


ROUTES: dict[str, dict[str, Answer]] = {
    "": {"GET": _overview},
    "review": {"GET": review.show},
    "console/*": {"GET": access.ask, "POST": access.sign_in},
    "sign-out/*": {"POST": access.sign_out},
    "ack/*": {"GET": acknowledgement.ask, "POST": acknowledgement.acknowledge},
    "ack/*/resolve": {"POST": acknowledgement.resolve},
    "ack/*/snooze/*": {"POST": acknowledgement.snooze},
    "silence/*": {"GET": silences.ask, "POST": silences.make},
    "unsilence/*": {"POST": silences.end},
    "digest/*": {"GET": digests.show},
    "heartbeat/*": {"GET": heartbeats.show},
    "rule/*": {"GET": digests.suggest},
    "unsubscribe/*": {"GET": digests.ask_to_stop, "POST": digests.stop},
    "unsubscribe/*/undo": {"POST": digests.begin},
    "app": {"GET": launch.start, "POST": launch.enter},
    "devices": {"GET": subscriptions.show},
    "devices/*": {"POST": subscriptions.add},
    "devices/*/remove": {"POST": subscriptions.drop},
    "devices/*/test": {"POST": subscriptions.test},
    "manifest.webmanifest": {"GET": installation.manifest},
    "sw.js": {"GET": installation.worker},
    "devices.js": {"GET": installation.script},
    **{name: {"GET": installation.icon} for name in installation.ICONS},
}
"""What answers at each path. Names and values take turns in a path: every second part is an asterisk."""
