"""The operator's pages: what is open, what interrupted, what waits, what went wrong; and acknowledging by signed link.

A GET never changes anything: mail scanners and chat previews follow links. The console itself is for the operator
alone, who opens it by a signed link that `opos up` prints, or deployed by an identity; an acknowledgement link
carries its own right, so that a forged form of another site can do nothing.
"""

from collections.abc import Callable

from functions.console import acting, silencing
from functions.console.access import how_to_enter, is_operator, sign_in
from functions.console.page import message, page
from functions.console.view import console_view
from shared.context import Context
from shared.errors import Gone, NotFound, Unavailable
from shared.http import HttpRequest, HttpResponse

Answer = Callable[[], HttpResponse]


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    """The page at the request's path. A Conflict is left to the entry, which runs this again."""
    try:
        return _route(request, context)
    except (NotFound, Gone) as fault:
        return message(fault.http_status, fault.message, fault.hint, context)
    except Unavailable:
        hint = "Nothing was changed. Try again in a moment."
        return message(503, "opos cannot answer just now.", hint, context, {"retry-after": "5"})


def _route(request: HttpRequest, context: Context) -> HttpResponse:
    answers: dict[str, Answer]
    match request.path.strip("/").split("/"):
        case [""]:
            answers = {"GET": lambda: _console(request, context)}
        case ["console", token]:
            answers = {"GET": lambda: sign_in(token, context)}
        case ["ack", token]:
            answers = {
                "GET": lambda: acting.ask(token, context),
                "POST": lambda: acting.do(token, "acknowledge", context, request),
            }
        case ["ack", token, "resolve"]:
            answers = {"POST": lambda: acting.do(token, "resolve", context, request)}
        case ["ack", token, "snooze", choice]:
            answers = {"POST": lambda: acting.snooze(token, choice, context, request)}
        case ["silence", token]:
            answers = {
                "GET": lambda: silencing.ask(token, context),
                "POST": lambda: silencing.make(token, request, context),
            }
        case ["unsilence", token]:
            answers = {"POST": lambda: silencing.end(token, request, context)}
        case _:
            raise NotFound("There is nothing at this address.")
    return _answer(answers, request, context)


def _answer(answers: dict[str, Answer], request: HttpRequest, context: Context) -> HttpResponse:
    """What is answered to the request's method; to HEAD as to GET, since the platform drops the body."""
    answer = answers.get("GET" if request.method == "HEAD" else request.method)
    if answer is None:
        allow = {"allow": ", ".join([*(["HEAD"] if "GET" in answers else []), *answers])}
        return message(405, "This address does not take that kind of request.", None, context, allow)
    return answer()


def _console(request: HttpRequest, context: Context) -> HttpResponse:
    if not is_operator(request, context):
        return message(401, "This page is for the operator.", how_to_enter(context), context)
    return page(200, "console.html", console_view(context), context)
