"""Responses of the console. A page escapes what a sender wrote, and may load and run nothing.

Source of the headers: OWASP Cheat Sheet Series, "Content Security Policy" and "HTTP Headers".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.context import Context
from shared.values.http import HttpResponse, html_response
from shared.values.templates import templates

_FOLDER = Path(__file__).with_name("templates")
_HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}


def page(
    status: int, template: str, view: Mapping[str, Any], context: Context, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    nonce = context.new_id()
    html = templates(_FOLDER).get_template(template).render({**view, "nonce": nonce})
    return html_response(status, html, {**_HEADERS, "content-security-policy": _policy(nonce), **(headers or {})})


def as_mailed(html: str) -> HttpResponse:
    """A page that was made for mail, with inline styles; it may load and run nothing either."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    return html_response(200, html, {**_HEADERS, "content-security-policy": policy})


def message(
    status: int, text: str, hint: str | None, context: Context, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A small page with *text* as its heading; what stands between backquotes in *hint* is shown as code."""
    return page(status, "message.html", {"text": text, "hint": (hint or "").split("`")}, context, headers)


def redirect(path: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(303, headers={"location": path, **_HEADERS, **(headers or {})})


def _policy(nonce: str) -> str:
    return f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
