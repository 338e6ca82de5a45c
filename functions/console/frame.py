"""The frame of the pages of a signed-in operator: navigation, search, and the conditional answer to a refresh.

A refresh sends the ETag of the page. A page that has a stamp compares it before it reads anything else; the others are
made, and only not sent again. Source: RFC 9110, section 13.1.2.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from functions.console.access import Visitor, entrance, visitor
from functions.console.context import ConsoleContext
from functions.console.forms import Form, csrf, form
from functions.console.navigation import ENTRIES
from functions.console.responses import HEADERS, page
from functions.console.rows import at
from shared.values.http import HttpRequest, HttpResponse
from shared.version import VERSION

_AGES = re.compile(r"(<time data-age[^>]*>)[^<]*|<time data-now.*?</time>")
"""What the passing of time alone changes in a page."""


class Page(NamedTuple):
    """What a page shows. `here` is the path of its entry in the navigation; a `live` page refreshes itself."""

    template: str
    view: Mapping[str, Any]
    here: str = ""
    status: int = 200
    live: bool = False
    location: str = ""
    """Where to go instead, for a search that has one answer."""


Shown = Callable[..., Page]
Stamp = Callable[..., str]


def framed(show: Shown, stamp: Stamp | None = None) -> Callable[..., HttpResponse]:
    """The answer with the page of *show*, which gets the request, the context and the parts of the path.

    *stamp* is a text that changes when the page does, and costs less to know.
    """

    def answer(request: HttpRequest, context: ConsoleContext, *parts: str) -> HttpResponse:
        operator = visitor(request, context)
        if operator is None:
            return entrance(context)
        etag = _etag(f"{operator.session} {stamp(context, *parts)}") if stamp else ""
        if etag and _is_known(etag, request):
            return _not_modified(etag)
        return _made(show(request, context, *parts), etag, operator, request, context)

    return answer


def submitted(act: Callable[..., Page | HttpResponse]) -> Callable[..., HttpResponse]:
    """The answer of *act* to a form. A page is shown in the frame: the form again, with what was typed."""

    def answer(request: HttpRequest, context: ConsoleContext, *parts: str) -> HttpResponse:
        def acted(sent: Form, context: ConsoleContext, *parts: str) -> HttpResponse:
            result = act(sent, context, *parts)
            if isinstance(result, HttpResponse) or sent.operator is None:
                return cast("HttpResponse", result)
            return _made(result, "", sent.operator, request, context)

        return form(acted)(request, context, *parts)

    return answer


def _made(shown: Page, etag: str, operator: Visitor, request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    if shown.location:
        return HttpResponse(303, headers={"location": shown.location, **HEADERS})
    frame = {
        "entries": ENTRIES, "here": shown.here, "live": shown.live, "query": request.query.get("q", ""),
        "csrf": csrf(operator, context), "sign_out": operator.sign_out(context),
        "now": at(context.now.isoformat(), context),
    }  # fmt: skip
    answer = page(shown.status, shown.template, {**frame, **shown.view}, context)
    etag = etag or _etag(_AGES.sub(r"\1", answer.body.decode()))
    if _is_known(etag, request):
        return _not_modified(etag)
    body = answer.body.replace(b'data-etag=""', f"data-etag='{etag}'".encode(), 1)
    return answer._replace(body=body, headers={**answer.headers, "etag": etag})


def _etag(text: str) -> str:
    return f'"{hashlib.sha256(f"{VERSION} {text}".encode()).hexdigest()[:24]}"'


def _is_known(etag: str, request: HttpRequest) -> bool:
    return etag in request.headers.get("if-none-match", "")


def _not_modified(etag: str) -> HttpResponse:
    return HttpResponse(304, headers={"etag": etag, **HEADERS})
