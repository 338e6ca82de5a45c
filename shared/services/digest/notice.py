"""A digest as a notice in the form of its channel, with the links that act on its items.

It is rendered anew at each attempt from the stored content, and always comes out the same: a link expires a fixed time
after the digest was made, not after the attempt.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.alerting.matchers import equal
from shared.context import Context
from shared.digest.content import Content, Line
from shared.digest.renderers.html import as_html
from shared.digest.renderers.markdown import DIALECTS, as_markdown
from shared.digest.renderers.text import Links, as_text
from shared.ports import Doc, Mailing, Notice
from shared.security.signed_links import ACK_LIFE, CONSOLE_LIFE, UNSUBSCRIBE_LIFE, Purpose

SILENCED_FOR = "1d"


def digest_notice(doc: Doc, context: Context) -> Notice:
    """The notice of *doc*, a digest that is stored as its content, in the form of its channel."""
    content: Content = doc.data["content"]
    form, title = context.channel(doc.data["channel"]).form, str(doc.data["notice"]["title"])
    links, whole = item_links(content, context), _url("digest", {"digest": doc.id}, content, CONSOLE_LIFE, context)
    if dialect := DIALECTS.get(form.markup):
        return Notice(title, as_markdown(content, links, dialect, limit=form.limit, more=whole), markup=form.markup)
    text = as_text(content, links)
    if form.markup == "plain":
        return Notice(title, text[: form.limit])
    stop = _url("unsubscribe", {"digest": content["queue"]}, content, UNSUBSCRIBE_LIFE, context)
    made, html = datetime.fromisoformat(content["at"]), as_html(content, links, whole=whole, unsubscribe=stop)
    thread = f"{content['queue']}.{made.astimezone(ZoneInfo(content['zone'])).date()}"
    return Notice(title, f"{text}\n\n{whole}", mailing=Mailing(html, made, thread, content["queue"], stop))


def item_links(content: Content, context: Context) -> Links:
    """The links of each item, by what they do."""
    lines = (line for block in content["blocks"] for line in block["lines"])
    return {line["id"]: dict(_links(line, content, context)) for line in lines if line["act"]}


def _links(line: Line, content: Content, context: Context) -> Iterator[tuple[str, str]]:
    act = line["act"] or {}
    if line["state"] == "firing":
        claims = {"alert": act["alert"], "episode": act["episode"]}
        yield "ack", _url("ack", claims, content, ACK_LIFE, context)
    if matchers := equal(dict(act["like"])):
        yield "silence", _url("silence", {"matchers": matchers, "for": SILENCED_FOR}, content, ACK_LIFE, context)
        for wish in ("always", "never"):
            yield wish, _url("rule", {"matchers": matchers, "wish": wish}, content, ACK_LIFE, context)


def _url(purpose: Purpose, claims: Mapping[str, Any], content: Content, life: timedelta, context: Context) -> str:
    return context.links.url(purpose, dict(claims), expires=datetime.fromisoformat(content["at"]) + life)
