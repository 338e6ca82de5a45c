"""The operator's pages: what is open, what interrupted, what waits, what went wrong; and acknowledging by signed link.

A GET never changes anything: mail scanners and chat previews follow links. The console itself is for the operator
alone, who opens it by a signed link that `opos up` prints, or deployed by an identity; an acknowledgement link
carries its own right, so that a forged form of another site can do nothing.
"""

from collections.abc import Callable

from functions.console.access import how_to_enter, is_operator, sign_in
from functions.console.page import message, page, redirect
from functions.console.view import ack_view, console_view
from shared.alerting.decision import acknowledged
from shared.context import Context
from shared.errors import Gone, NotFound, Unavailable
from shared.http import HttpRequest, HttpResponse
from shared.ports import Doc, Update

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
                "GET": lambda: _ask(token, context),
                "POST": lambda: _acknowledge(token, request, context),
            }
        case _:
            raise NotFound("There is nothing at this address.")
    return _answer(answers, request, context)


def _answer(answers: dict[str, Answer], request: HttpRequest, context: Context) -> HttpResponse:
    """What is answered to the request's method; to HEAD as to GET, since the platform drops the body."""
    answer = answers.get("GET" if request.method == "HEAD" else request.method)
    if answer is None:
        allow = {"allow": ", ".join(["HEAD", *answers])}
        return message(405, "This address does not take that kind of request.", None, context, allow)
    return answer()


def _console(request: HttpRequest, context: Context) -> HttpResponse:
    if not is_operator(request, context):
        return message(401, "This page is for the operator.", how_to_enter(context), context)
    return page(200, "console.html", console_view(context), context)


def _ask(token: str, context: Context) -> HttpResponse:
    return page(200, "ack.html", ack_view(_alert_of(token, context), context), context)


def _acknowledge(token: str, request: HttpRequest, context: Context) -> HttpResponse:
    """Doing it twice is doing it once."""
    alert = _alert_of(token, context)
    before = alert.data.get("state")
    if before == "firing":
        alert = _write_down(alert, context)
    if is_operator(request, context):
        return redirect("/")
    return page(200, "ack.html", ack_view(alert, context, just_done=before == "firing"), context)


def _write_down(alert: Doc, context: Context) -> Doc:
    changes = acknowledged(context.now, by="link")
    version = context.store.commit([Update(alert.path, changes, if_version=alert.version)])[alert.path]
    return Doc(alert.path, {**alert.data, **changes}, version)


def _alert_of(token: str, context: Context) -> Doc:
    """The alert that *token* names, in the very episode it was made for."""
    claims = context.links.read("ack", token, now=context.now)
    alert = context.store.get(f"alerts/{claims['alert']}")
    if alert is None:
        raise NotFound("This alert is not kept any more.")
    if alert.data.get("episode") != claims["episode"]:
        hint = "It was over and has come back since. Use the link in its latest message, or open the console."
        raise Gone("This link belongs to an earlier episode of the alert.", hint=hint)
    return alert
