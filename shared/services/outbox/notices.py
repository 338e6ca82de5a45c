"""A digest, or a review, as a channel takes it, with the links that act on its items.

Made anew at each attempt from what was kept at the claim, and always the same: a link's end is counted from then.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.alerting.matchers import equal
from shared.context import Context
from shared.digest.content import Content, Line
from shared.digest.renderers.html import as_html
from shared.digest.renderers.markdown import MARKDOWN, SLACK, as_markdown
from shared.digest.renderers.text import Links, as_text
from shared.ports import Doc, Form, Mailing, Notice
from shared.security.signed_links import ACK_LIFE, CONSOLE_LIFE, UNSUBSCRIBE_LIFE, Purpose

SILENCED_FOR = "1d"
_DIALECTS = {"markdown": MARKDOWN, "slack": SLACK}


def made_notice(doc: Doc, context: Context) -> Notice:
    """The notice of *doc*, which is kept as data, in the form that its channel asks for."""
    form, title = context.channel(doc.data["channel"]).form, str(doc.data["notice"]["title"])
    return _digest(doc, title, form, context) if "content" in doc.data else _review(doc, title, form, context)


def _digest(doc: Doc, title: str, form: Form, context: Context) -> Notice:
    content: Content = doc.data["content"]
    links, whole = item_links(content, context), _url("digest", {"digest": doc.id}, content, CONSOLE_LIFE, context)
    if dialect := _DIALECTS.get(form.markup):
        return Notice(title, as_markdown(content, links, dialect, limit=form.limit, more=whole), markup=form.markup)
    text = as_text(content, links)
    if form.markup == "plain":
        return Notice(title, text[: form.limit])
    stop = _url("unsubscribe", {"digest": content["queue"]}, content, UNSUBSCRIBE_LIFE, context)
    made, html = datetime.fromisoformat(content["at"]), as_html(content, links, whole=whole, unsubscribe=stop)
    thread = f"{content['queue']}.{made.astimezone(ZoneInfo(content['zone'])).date()}"
    return Notice(title, f"{text}\n\n{whole}", mailing=Mailing(html, made, thread, content["queue"], stop))


def _review(doc: Doc, title: str, form: Form, context: Context) -> Notice:
    from shared.review import renderers as looks

    found = doc.data["review"]
    if dialect := _DIALECTS.get(form.markup):
        return Notice(title, looks.as_markdown(found, dialect, limit=form.limit), markup=form.markup)
    if form.markup == "plain":
        return Notice(title, looks.as_text(found)[: form.limit])
    console, made = f"{context.links.base_url.rstrip('/')}/review", datetime.fromisoformat(doc.data["created_at"])
    mailing = Mailing(looks.as_html(found, console=console), made, f"review.{doc.id}", "review")
    return Notice(title, f"{looks.as_text(found)}\n\n{console}", mailing=mailing)


def item_links(content: Content, context: Context) -> Links:
    """What each item's links do, and where they lead."""
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
