"""The form that silences alerts by a link or from the console, and the end of a silence."""

from urllib.parse import parse_qs

from functions.console.access import is_operator
from functions.console.context import OperatorContext
from functions.console.responses import message, page, redirect
from shared.context import Context
from shared.services.alerting.silences import expire, open_matches, silence
from shared.values.durations import parse_duration
from shared.values.http import HttpRequest, HttpResponse

LENGTHS = ("1h", "4h", "1d", "7d")
MOST_TEXT = 500
_TOO_BROAD = "This link would silence almost every alert."
_NARROWER = "Silence one rule instead: `opos silence add alertname=NAME --for 1h --why WHY`."


def ask(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    claims = context.links.read("silence", token, now=context.now)
    try:
        _, matches = open_matches(claims["matchers"], context)
    except ValueError:
        return message(400, _TOO_BROAD, _NARROWER, context)
    view = {"matchers": claims["matchers"], "lengths": LENGTHS, "first": claims.get("for", ""), "matches": matches}
    return page(200, "silence.html", view, context)


def make(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    claims = context.links.read("silence", token, now=context.now)
    form = {name: values[0][:MOST_TEXT] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
    length = form.get("for", "")
    if length not in LENGTHS:
        return message(400, f"Choose one of {', '.join(LENGTHS)}.", None, context)
    by_operator = is_operator(request, context)
    author, comment = context.config.owner if by_operator else "link", form.get("comment") or "no comment"
    ends_at = context.now + parse_duration(length)
    try:
        _, matches = open_matches(claims["matchers"], context)
        id = silence(claims["matchers"], ends_at, context, author=author, comment=comment)
    except ValueError:
        return message(400, _TOO_BROAD, _NARROWER, context)
    if by_operator:
        return redirect("/")
    hint = f"It holds {matches}. To end it earlier, open the console or run `opos silence expire {id[:8]}`."
    return message(200, f"Silenced for {length}.", hint, context)


def end(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    claims = context.links.read("unsilence", token, now=context.now)
    expire(claims["silence"], context)
    return redirect("/") if is_operator(request, context) else message(200, "The silence has ended.", None, context)
