"""Responses of the console. A page escapes what a sender wrote, and loads and runs nothing but the console's own files.

Source of the headers: OWASP Cheat Sheet Series, "Content Security Policy" and "HTTP Headers".
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from functions.console import paths
from functions.console.assets import address
from shared.context import Context
from shared.values.http import HttpResponse, html_response
from shared.values.templates import templates

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).with_name("templates")
HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ERROR, _SIGN_IN = 400, 401
_SPRITE, _USED = "<!--icons-->", re.compile(r'href="#(icon-[a-z]+)"')
_SYMBOL = re.compile(r'<symbol id="(icon-[a-z]+)".*</symbol>')


def page(
    status: int, template: str, view: Mapping[str, Any], context: Context, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    html = _environment().get_template(template).render(view)
    html = html.replace(_SPRITE, _sprite(html), 1)
    return html_response(status, html, {**HEADERS, "content-security-policy": POLICY, **(headers or {})})


@cache
def _environment() -> "Environment":
    environment = templates(_FOLDER)
    environment.globals.update(asset=address, icon=icon, paths=paths)
    return environment


def icon(name: str, colour: str = "", label: str = "") -> Markup:
    """An icon by *name*. Where no word beside it says the same, *label* does."""
    role = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    return Markup('<svg class="i {}"{}><use href="#icon-{}"/></svg>').format(colour, role, name)


def _sprite(html: str) -> str:
    """The icons that *html* uses, each once."""
    return f"<svg hidden id='icons'>{''.join(_symbols()[name] for name in sorted(set(_USED.findall(html))))}</svg>"


@cache
def _symbols() -> dict[str, str]:
    text = Path(__file__).with_name("assets").joinpath("icons.svg").read_text("utf-8")
    return {symbol[1]: symbol[0] for symbol in _SYMBOL.finditer(text)}


def as_mailed(html: str) -> HttpResponse:
    """A page that was made for mail, with inline styles; it may load and run nothing either."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    return html_response(200, html, {**HEADERS, "content-security-policy": policy})


def message(
    status: int, text: str, hint: str | None, context: Context, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A small page with *text* as its heading; what stands between backquotes in *hint* is shown as code.

    The page of an error leads back to the console.
    """
    view = {"text": text, "hint": (hint or "").split("`"), "is_error": status >= _ERROR and status != _SIGN_IN}
    return page(status, "message.html", view, context, headers)


def redirect(path: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(303, headers={"location": path, **HEADERS, **(headers or {})})
