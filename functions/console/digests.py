"""What the links in a digest lead to: the digest itself, what to change so that its like always or never pages, and
the end of its mails.
"""

from functions.console.responses import as_it_is, message, page
from shared.alerting.route_suggestions import WHERE, WISHES, route_lines
from shared.context import Context
from shared.digest.renderers.html import as_html
from shared.errors import NotFound
from shared.services.digest.notice import item_links
from shared.services.digest.subscriptions import subscribe
from shared.values.http import HttpRequest, HttpResponse


def show(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """The digest that *token* names, as it was mailed."""
    claims = context.links.read("digest", token, now=context.now)
    doc = context.store.get(f"digests/{claims['digest']}")
    if doc is None or "content" not in doc.data:
        raise NotFound("This digest is not kept any more.")
    content = doc.data["content"]
    return as_it_is(as_html(content, item_links(content, context)))


def suggest(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """The lines to write into opos.yaml; nothing is changed here, since the file is under version control."""
    claims = context.links.read("rule", token, now=context.now)
    wish, matchers = claims["wish"], claims["matchers"]
    view = {"wish": wish, "matchers": matchers, "where": WHERE, "lines": route_lines(matchers, WISHES[wish])}
    return page(200, "rule.html", view, context)


def ask_to_stop(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    name = context.links.read("unsubscribe", token, now=context.now)["digest"]
    return page(200, "unsubscribe.html", {"name": name, "path": f"/unsubscribe/{token}"}, context)


def stop(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """One click: a mail program posts here without asking anybody (RFC 8058, section 3.2)."""
    name = context.links.read("unsubscribe", token, now=context.now)["digest"]
    subscribe(name, context, wanted=False)
    hint = "What it would have said is on the console. The button of its last mail's page sends it again."
    return message(200, f"The digest {name} is not mailed any more.", hint, context)


def begin(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    name = context.links.read("unsubscribe", token, now=context.now)["digest"]
    subscribe(name, context, wanted=True)
    return message(200, f"The digest {name} is mailed again.", None, context)
