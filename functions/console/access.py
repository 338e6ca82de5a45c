"""Access to the console: on the operator's machine by the cookie that a signed link sets, deployed by an identity from
Identity-Aware Proxy or an identity token.
"""

from functions.console.context import OperatorContext
from functions.console.responses import message, redirect
from shared.context import Context
from shared.errors import Gone, NotFound, Unauthorized
from shared.security.signed_links import CONSOLE_LIFE
from shared.values.http import HttpRequest, HttpResponse

COOKIE = "opos_console"
_AGAIN = "Run `opos console` for a new link."


def sign_in(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    """Set the cookie, and lead to the console."""
    if context.deployed:
        raise NotFound("You cannot open a deployed console with a link.", hint=_how_to_enter(context))
    try:
        context.links.read("console", token, now=context.now)
    except (NotFound, Gone) as error:
        raise type(error)(error.message, hint=_AGAIN) from None
    return redirect("/", {"set-cookie": _cookie(context)})


def entrance(context: OperatorContext) -> HttpResponse:
    """The answer to a caller who is not the operator."""
    challenge = "Bearer" if context.deployed else "Cookie"
    headers = Unauthorized("Sign in to continue", challenge=challenge).headers
    return message(401, "Sign in to continue", _how_to_enter(context), context, headers)


def _how_to_enter(context: OperatorContext) -> str:
    if context.deployed:
        return "Open the console through Identity-Aware Proxy, or send an identity token as `Authorization: Bearer`."
    return "Open the link that `opos up` printed, or run `opos console`."


def is_operator(request: HttpRequest, context: OperatorContext) -> bool:
    if context.deployed:
        return context.is_operator(request.headers)
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return any(_is_valid(value, context) for name, _, value in pairs if name == COOKIE)


def _is_valid(token: str, context: Context) -> bool:
    try:
        context.links.read("console", token, now=context.now)
    except (NotFound, Gone):
        return False
    return True


def _cookie(context: Context) -> str:
    """The cookie with its attributes. Lax, not Strict: the operator who follows a link in a mail is signed in."""
    token = context.links.token("console", {}, expires=context.now + CONSOLE_LIFE)
    secure = "; Secure" if context.links.base_url.startswith("https://") else ""
    life = int(CONSOLE_LIFE.total_seconds())
    return f"{COOKIE}={token}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}"
