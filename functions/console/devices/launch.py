"""Where the installed console begins: it has no address bar and cookies of its own, so a link to sign in is pasted."""

import re
from urllib.parse import parse_qs

from functions.console.access import entrance, is_operator
from functions.console.context import ConsoleContext
from functions.console.responses import page, redirect
from shared.errors import NotFound, Unauthorized
from shared.values.http import HttpRequest, HttpResponse

_TOKEN = re.compile(r"(?:.*/console/)?([\w-]+\.[\w-]+)\s*", re.ASCII | re.DOTALL)
_LONGEST = 4000


def start(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The console itself for the operator; for everybody else the field for a link."""
    if is_operator(request, context):
        return redirect("/")
    if context.deployed:
        return entrance(context)
    headers = Unauthorized("Sign in to continue", challenge="Cookie").headers
    return page(401, "launch.html", {}, context, headers)


def enter(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """Lead to the page of the pasted link, whose button signs in. This alone changes nothing."""
    pasted = parse_qs(request.body[:_LONGEST].decode("utf-8", "replace")).get("link", [""])[0]
    token = _TOKEN.fullmatch(pasted.strip())
    if token is None:
        hint = "Paste all of the link that `opos console` prints."
        raise NotFound("This is not a link that signs in.", hint=hint)
    return redirect(f"/console/{token[1]}")
