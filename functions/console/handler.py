"""The operator's pages: what is open, what interrupted, what waits, what went wrong; and acknowledging by signed link.

A GET never changes anything: mail scanners and chat previews follow links. The console itself is for the operator
alone, who opens it by a signed link that `opos up` prints; an acknowledgement link carries its own right.
"""

from typing import Any

from functions.console.page import render
from functions.console.view import ack_view, console_view
from shared.alerting.decision import acknowledged
from shared.context import Context
from shared.errors import Gone, MethodNotAllowed, NotFound, OposError
from shared.http import HttpRequest, HttpResponse, html_response
from shared.links import CONSOLE_LIFE
from shared.ports import Doc, Update

COOKIE = "opos_console"


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    try:
        return _route(request, context)
    except (NotFound, Gone, MethodNotAllowed) as fault:
        return _message(fault.http_status, fault.message, fault.hint, context)


def _route(request: HttpRequest, context: Context) -> HttpResponse:
    match request.path.strip("/").split("/"):
        case [""]:
            _require_method(request, "GET", "HEAD")
            return _console(request, context)
        case ["console", token]:
            _require_method(request, "GET", "HEAD")
            return _sign_in(token, context)
        case ["ack", token]:
            _require_method(request, "GET", "HEAD", "POST")
            return _ack(token, request, context)
    raise NotFound("There is nothing at this address.")


def _console(request: HttpRequest, context: Context) -> HttpResponse:
    if not _is_operator(request, context):
        hint = "Open the link that opos up printed, or run: opos console"
        return _message(401, "This page is for the operator.", hint, context)
    return _page(200, "console.html", console_view(context), context)


def _sign_in(token: str, context: Context) -> HttpResponse:
    context.links.read("console", token, now=context.now)
    secure = "; Secure" if context.links.base_url.startswith("https:") else ""
    life = int(CONSOLE_LIFE.total_seconds())
    cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}{secure}"
    return HttpResponse(303, headers={"location": "/", "set-cookie": cookie, "cache-control": "no-store"})


def _is_operator(request: HttpRequest, context: Context) -> bool:
    found = [part.strip().partition("=") for part in request.headers.get("cookie", "").split(";")]
    for name, _, token in found:
        if name == COOKIE:
            try:
                context.links.read("console", token, now=context.now)
            except OposError:
                continue
            return True
    return False


def _ack(token: str, request: HttpRequest, context: Context) -> HttpResponse:
    claims = context.links.read("ack", token, now=context.now)
    alert = context.store.get(f"alerts/{claims['alert']}")
    if alert is None:
        raise NotFound("This alert is not known any more.")
    if alert.data["episode"] != claims["episode"]:
        raise Gone("This link belongs to an earlier episode of the alert.", hint="Use the link of its latest page.")
    if request.method != "POST":
        return _page(200, "ack.html", ack_view(alert, context), context)
    return _acknowledge(alert, request, context)


def _acknowledge(alert: Doc, request: HttpRequest, context: Context) -> HttpResponse:
    """Doing it twice is doing it once; a Conflict with another writer is left to the entry, which runs this again."""
    if alert.data["state"] == "firing":
        changes = {**acknowledged(context.now), "acknowledged_by": "link"}
        context.store.commit([Update(alert.path, changes, alert.version)])
        alert = Doc(alert.path, {**alert.data, **changes}, alert.version)
    if _is_operator(request, context):
        return HttpResponse(303, headers={"location": "/", "cache-control": "no-store"})
    return _page(200, "ack.html", ack_view(alert, context), context)


def _message(status: int, message: str, hint: str | None, context: Context) -> HttpResponse:
    return _page(status, "message.html", {"message": message, "hint": hint}, context)


def _page(status: int, template: str, view: dict[str, Any], context: Context) -> HttpResponse:
    nonce = context.new_id()
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return html_response(status, render(template, {**view, "nonce": nonce}), headers)


def _require_method(request: HttpRequest, *allowed: str) -> None:
    if request.method not in allowed:
        raise MethodNotAllowed(f"expected {' or '.join(allowed)}, found {request.method}")
