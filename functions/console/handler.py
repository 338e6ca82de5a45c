"""The operator's pages: what is open, what interrupted, what waits, what went wrong; and acknowledging by signed link.

A GET never changes anything: mail scanners and chat previews follow links. The console itself is for the operator
alone, who opens it by a signed link that `opos up` prints, or deployed by an identity; an acknowledgement link
carries its own right, so that a forged form of another site can do nothing.
"""

from collections.abc import Callable, Sequence

from functions.console import acknowledgement as acting
from functions.console import digests
from functions.console import review as reviewing
from functions.console import silences as silencing
from functions.console.access import how_to_enter, is_operator, sign_in
from functions.console.context import ConsoleContext
from functions.console.overview import console_view
from functions.console.responses import message, page
from shared.errors import Gone, NotFound, Unavailable
from shared.values.http import HttpRequest, HttpResponse

Answer = Callable[..., HttpResponse]
"""Of the request, the context, and what stands in the path for each asterisk."""


def handle(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The page at the request's path. A Conflict is left to the entry, which runs this again."""
    try:
        return _answer(request, context)
    except (NotFound, Gone) as fault:
        return message(fault.http_status, fault.message, fault.hint, context)
    except Unavailable:
        hint = "Nothing was changed. Try again in a moment."
        return message(503, "opos cannot answer just now.", hint, context, {"retry-after": "5"})


def _answer(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """What is answered at the path to the request's method; to HEAD as to GET, since the platform drops the body."""
    path = request.path.strip("/").split("/")
    for pattern, answers in ROUTES.items():
        parts = _parts(pattern.split("/"), path)
        if parts is None:
            continue
        if answer := answers.get("GET" if request.method == "HEAD" else request.method):
            return answer(request, context, *parts)
        allow = {"allow": ", ".join([*(["HEAD"] if "GET" in answers else []), *answers])}
        return message(405, "This address does not take that kind of request.", None, context, allow)
    raise NotFound("There is nothing at this address.")


def _parts(pattern: Sequence[str], path: Sequence[str]) -> list[str] | None:
    """What stands in *path* for each asterisk of *pattern*; None where they do not match."""
    pairs = list(zip(pattern, path, strict=False))
    if len(pattern) != len(path) or any(want not in {"*", found} for want, found in pairs):
        return None
    return [found for want, found in pairs if want == "*"]


def _console(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    if not is_operator(request, context):
        return message(401, "This page is for the operator.", how_to_enter(context), context)
    return page(200, "console.html", console_view(context), context)


ROUTES: dict[str, dict[str, Answer]] = {
    "": {"GET": _console},
    "review": {"GET": reviewing.show},
    "console/*": {"GET": sign_in},
    "ack/*": {"GET": acting.ask, "POST": acting.acknowledge},
    "ack/*/resolve": {"POST": acting.resolve},
    "ack/*/snooze/*": {"POST": acting.snooze},
    "silence/*": {"GET": silencing.ask, "POST": silencing.make},
    "unsilence/*": {"POST": silencing.end},
    "digest/*": {"GET": digests.show},
    "rule/*": {"GET": digests.suggest},
    "unsubscribe/*": {"GET": digests.ask_to_stop, "POST": digests.stop},
    "unsubscribe/*/undo": {"POST": digests.begin},
}
