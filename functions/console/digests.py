"""The pages behind the links of a digest: the digest itself, a route for similar alerts, and whether it is mailed."""

from functions.console.responses import as_mailed, message, page
from shared.alerting.route_suggestions import WHERE, WISHES, route_lines
from shared.context import Context
from shared.digest.renderers.html import as_html
from shared.errors import NotFound
from shared.services.digest.notice import item_links
from shared.services.digest.subscriptions import subscribe
from shared.values.http import HttpRequest, HttpResponse


def show(request: HttpRequest, context: Context, token: str) -> HttpResponse:
    """The digest of *token*, as it was mailed."""
    claims = context.links.read("digest", token, now=context.now)
    doc = context.store.get(f"digests/{claims['digest']}")
    if doc is None or "content" not in doc.data:
        raise NotFound("opos no longer stores this digest.")
    content = doc.data["content"]
    return as_mailed(as_html(content, item_links(content, context)))


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
