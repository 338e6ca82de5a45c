"""Access to the console: on the operator's machine by a session that a link begins, deployed by an identity from
Identity-Aware Proxy or an identity token.
"""

from collections.abc import Callable
from typing import NamedTuple

from functions.console.context import OperatorContext
from functions.console.links import sign_out_path
from functions.console.responses import message, page, redirect
from shared.context import Context
from shared.errors import Gone, NotFound, Unauthorized
from shared.ports import Doc
from shared.services.console.sessions import LIFE, begin, end, require_unused, session_of
from shared.values.browsers import browser_of
from shared.values.http import HttpRequest, HttpResponse

COOKIE = "opos_console"
_AGAIN = "Run `opos console` for a new link."


def ask(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    """The page of a link: only its button signs in, so that a preview of the link does not use it up."""
    if "." not in token:
        raise NotFound("Page not found")  # no link ends so
    _sign_in(lambda: require_unused(token, context), context)
    return page(200, "sign_in.html", {}, context)


def sign_in(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    """Begin a session, set its cookie and lead to the console."""
    browser = browser_of(request.headers.get("user-agent", ""))
    cookie = _sign_in(lambda: begin(token, browser, context), context)
    return redirect("/", {"set-cookie": _cookie(cookie, int(LIFE.total_seconds()), context)})


def _sign_in(step: Callable[[], str], context: OperatorContext) -> str:
    if context.deployed:
        raise NotFound("You cannot open a deployed console with a link.", hint=_how_to_enter(context))
    try:
        return step()
    except (NotFound, Gone) as error:
        raise type(error)(error.message, hint=_AGAIN) from None


def sign_out(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    """End the session of the page that has the button, and delete its cookie."""
    end(context.links.read("sign-out", token, now=context.now)["session"], context)
    return message(200, "You are signed out.", _AGAIN, context, {"set-cookie": _cookie("", 0, context)})


def entrance(context: OperatorContext) -> HttpResponse:
    """The answer to a caller who is not the operator."""
    challenge = "Bearer" if context.deployed else "Cookie"
    headers = Unauthorized("Sign in to continue", challenge=challenge).headers
    return message(401, "Sign in to continue", _how_to_enter(context), context, headers)


def _how_to_enter(context: OperatorContext) -> str:
    if context.deployed:
        return "Open the console through Identity-Aware Proxy, or send an identity token as `Authorization: Bearer`."
    return "Run `opos console`, and open the link that it prints."


def is_operator(request: HttpRequest, context: OperatorContext) -> bool:
    return visitor(request, context) is not None


class Visitor(NamedTuple):
    """The operator who asks: `session` is the id of their session, empty for an identity; `who` is for the log."""

    session: str
    who: str = ""

    def sign_out(self, context: Context) -> str:
        """The address that ends the session; empty for an identity."""
        return sign_out_path(self.session, context) if self.session else ""


def visitor(request: HttpRequest, context: OperatorContext) -> Visitor | None:
    """The operator who sent *request*; None if it was somebody else."""
    if context.deployed:
        address = context.operator(request.headers)
        return Visitor("", address) if address else None
    session = _session(request, context)
    return Visitor(session.id, f"session {session.id[:8]}") if session else None


def _session(request: HttpRequest, context: Context) -> Doc | None:
    """The session of the first cookie with our name: a request costs one read, however many cookies it has."""
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    values = (value for name, _, value in pairs if name == _name(context))
    return session_of(next(values, ""), context)


def _name(context: Context) -> str:
    """Under HTTPS, the prefix keeps a cookie of another host, or of an unencrypted page, from taking its place."""
    return f"__Host-{COOKIE}" if _is_secure(context) else COOKIE


def _is_secure(context: Context) -> bool:
    return context.links.base_url.startswith("https://")


def _cookie(value: str, life: int, context: Context) -> str:
    """The cookie with its attributes. Lax, not Strict: the operator who follows a link in a mail is signed in."""
    secure = "; Secure" if _is_secure(context) else ""
    return f"{_name(context)}={value}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}"
