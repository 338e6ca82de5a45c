"""The pages behind the links of a digest: the digest itself, a route for similar alerts, and whether it is mailed."""

from functools import partial

from functions.console.responses import as_mailed, message, page
from shared.alerting.alert import as_alert
from shared.alerting.route_suggestions import WHERE, WISHES, route_lines
from shared.context import Context
from shared.digest.content import LISTED, Block, Note, line, told_apart
from shared.digest.renderers.html import as_html
from shared.digest.summary import CLOSED_BY
from shared.errors import NotFound
from shared.ports import Doc
from shared.services.alerting.pages import runbook_of
from shared.services.digest.notice import item_links
from shared.services.digest.subscriptions import subscribe
from shared.values.http import HttpRequest, HttpResponse

PAGE = LISTED["items"]
LONGEST = 6
"""Digits of the number of an item."""


def show(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """The digest of *token*, as it was mailed; of a summary also its items, in lists from the number `from` on."""
    claims = context.links.read("digest", token, now=context.now)
    doc = context.store.get(f"digests/{claims['digest']}")
    if doc is None or "content" not in doc.data:
        raise NotFound("opos no longer stores this digest.")
    content, first = doc.data["content"], request.query.get("from", "")
    if doc.data.get("closed_by") == CLOSED_BY:
        block = _items(doc, int(first), context) if _is_place(first, doc) else _lists(doc)
        content = {**content, "blocks": [block] if first else [*content["blocks"], block]}
    return as_mailed(as_html(content, item_links(content, context)))


def _is_place(text: str, doc: Doc) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < LONGEST and int(text) < len(doc.data["members"])


def _lists(doc: Doc) -> Block:
    """Links to the lists of all items of *doc*."""
    count = len(doc.data["members"])
    notes: list[Note] = [
        {"text": f"Items {first + 1:,} to {min(first + PAGE, count):,}", "link": f"?from={first}"}
        for first in range(0, count, PAGE)
    ]
    return {"kind": "items", "lines": [], "notes": notes, "rest": None}


def _items(doc: Doc, first: int, context: Context) -> Block:
    """The items of *doc* from the number *first* on, as they are now."""
    docs = [context.store.get(f"alerts/{id}") for id in doc.data["members"][first : first + PAGE]]
    runbook, zone = partial(runbook_of, config=context.config), context.config.timezone
    items = {alert.id: as_alert(alert.data) for alert in docs if alert}
    lines = [line(item, now=context.now, zone=zone, runbook=runbook) for item in items.values()]
    return {"kind": "items", "lines": told_apart(lines, items), "notes": [], "rest": None}


def suggest(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """The lines to add to opos.yaml. opos does not change the file, which is under version control."""
    claims = context.links.read("rule", token, now=context.now)
    wish, matchers = claims["wish"], claims["matchers"]
    view = {"wish": wish, "matchers": matchers, "where": WHERE, "lines": route_lines(matchers, WISHES[wish])}
    return page(200, "rule.html", view, context)


def ask_to_stop(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    name = context.links.read("unsubscribe", token, now=context.now)["digest"]
    return page(200, "unsubscribe.html", {"name": name, "path": f"/unsubscribe/{token}"}, context)


def stop(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """Stop the mail with one click: a mail program posts here without asking (RFC 8058, section 3.2)."""
    name = context.links.read("unsubscribe", token, now=context.now)["digest"]
    subscribe(name, context, wanted=False)
    hint = "The console still shows each digest. To get the mail again, open the unsubscribe link of the last mail."
    return message(200, f"The digest {name} is no longer mailed.", hint, context)


def begin(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    name = context.links.read("unsubscribe", token, now=context.now)["digest"]
    subscribe(name, context, wanted=True)
    return message(200, f"The digest {name} is mailed again.", None, context)
