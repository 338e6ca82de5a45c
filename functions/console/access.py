"""Who may see the console: locally whoever opened a signed link to it, and so holds the cookie; deployed, whoever
proves to be the operator, through IAP or by an identity token.
"""

from functions.console.context import OperatorContext
from functions.console.responses import redirect
from shared.context import Context
from shared.errors import Gone, NotFound
from shared.security.signed_links import CONSOLE_LIFE
from shared.values.http import HttpRequest, HttpResponse

COOKIE = "opos_console"
_AGAIN = "Run `opos console` for a fresh one."


def sign_in(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    """Turn a signed link into a cookie of its own life, and show the console."""
    if context.deployed:
        raise NotFound("Here the console is not opened by a link.", hint=how_to_enter(context))
    try:
        context.links.read("console", token, now=context.now)
    except (NotFound, Gone) as fault:
        raise type(fault)(fault.message, hint=_AGAIN) from None
    return redirect("/", {"set-cookie": _cookie(context)})


def how_to_enter(context: OperatorContext) -> str:
    if context.deployed:
        return "Open it through Identity-Aware Proxy, or send an identity token as `Authorization: Bearer`."
    return "Open the link that `opos up` printed, or run `opos console`."


def is_operator(request: HttpRequest, context: OperatorContext) -> bool:
    if context.deployed:
        return context.is_operator(request.headers)
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return any(_is_ours(value, context) for name, _, value in pairs if name == COOKIE)


def _is_ours(token: str, context: Context) -> bool:
    try:
        context.links.read("console", token, now=context.now)
    except (NotFound, Gone):
        return False
    return True


def _cookie(context: Context) -> str:
    """Lax, not Strict: a link in a mail has to find the operator signed in."""
    token = context.links.token("console", {}, expires=context.now + CONSOLE_LIFE)
    secure = "; Secure" if context.links.base_url.startswith("https://") else ""
    life = int(CONSOLE_LIFE.total_seconds())
    return f"{COOKIE}={token}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}"
