"""A digest, or a review, as a channel takes it, with the links that act on its items.

Made anew at each attempt from what was kept at the claim, and always the same: a link's end is counted from then.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.alerting.matchers import equal
from shared.context import Context
from shared.digest.content import Content, Line
from shared.digest.text import Links
from shared.links import ACK_LIFE, CONSOLE_LIFE, UNSUBSCRIBE_LIFE
from shared.ports import Doc, Form, Mailing, Notice

SILENCED_FOR = "1d"


def made_notice(doc: Doc, context: Context) -> Notice:
    """The notice of what is kept as data: a digest or a review."""
    return digest_notice(doc, context) if "content" in doc.data else _review_notice(doc, context)


def digest_notice(doc: Doc, context: Context) -> Notice:
    """The notice of the digest *doc*, in the form that its channel asks for."""
    content, title = doc.data["content"], doc.data["notice"]["title"]
    form, links = context.channel(doc.data["channel"]).form, item_links(content, context)
    whole = _url("digest", {"digest": doc.id}, content, CONSOLE_LIFE, context)
    if form.markup in {"markdown", "slack"}:
        return Notice(title, _marked_up(content, links, form, whole), markup=form.markup)
    from shared.digest.text import as_text

    text = as_text(content, links)
    if form.markup == "plain":
        return Notice(title, text[: form.limit])
    return Notice(title, f"{text}\n\n{whole}", mailing=_mailing(content, links, whole, context))


def _review_notice(doc: Doc, context: Context) -> Notice:
    from shared.digest.markdown import MARKDOWN, SLACK
    from shared.review.looks import as_html, as_markdown, as_text

    found, title, form = doc.data["review"], doc.data["notice"]["title"], context.channel(doc.data["channel"]).form
    if form.markup in {"markdown", "slack"}:
        dialect = SLACK if form.markup == "slack" else MARKDOWN
        return Notice(title, as_markdown(found, dialect, limit=form.limit), markup=form.markup)
    if form.markup == "plain":
        return Notice(title, as_text(found)[: form.limit])
    made, console = datetime.fromisoformat(doc.data["created_at"]), f"{context.links.base_url.rstrip('/')}/review"
    html = as_html(found, console=console)
    return Notice(title, f"{as_text(found)}\n\n{console}", mailing=Mailing(html, made, f"review.{doc.id}", "review"))


def item_links(content: Content, context: Context) -> Links:
    """What each item's links do, and where they lead."""
    lines = (line for block in content["blocks"] for line in block["lines"])
    return {line["id"]: dict(_links(line, content, context)) for line in lines if line["act"]}


def _links(line: Line, content: Content, context: Context) -> Iterable[tuple[str, str]]:
    act = line["act"] or {}
    if line["state"] == "firing":
        claims = {"alert": act["alert"], "episode": act["episode"]}
        yield "ack", _url("ack", claims, content, ACK_LIFE, context)
    if matchers := equal(act["like"]):
        yield "silence", _url("silence", {"matchers": matchers, "for": SILENCED_FOR}, content, ACK_LIFE, context)
        for wish in ("always", "never"):
            yield wish, _url("rule", {"matchers": matchers, "wish": wish}, content, ACK_LIFE, context)


def _url(purpose: Any, claims: Mapping[str, Any], content: Content, life: timedelta, context: Context) -> str:
    return context.links.url(purpose, dict(claims), expires=datetime.fromisoformat(content["at"]) + life)


def _marked_up(content: Content, links: Links, form: Form, whole: str) -> str:
    from shared.digest.markdown import MARKDOWN, SLACK, as_markdown

    dialect = SLACK if form.markup == "slack" else MARKDOWN
    return as_markdown(content, links, dialect, limit=form.limit, more=whole)


def _mailing(content: Content, links: Links, whole: str, context: Context) -> Mailing:
    from shared.digest.html import as_html

    stop = _url("unsubscribe", {"digest": content["queue"]}, content, UNSUBSCRIBE_LIFE, context)
    made = datetime.fromisoformat(content["at"])
    day = made.astimezone(ZoneInfo(content["zone"])).date()
    html = as_html(content, links, whole=whole, unsubscribe=stop)
    return Mailing(html, made, f"{content['queue']}.{day}", content["queue"], stop)
