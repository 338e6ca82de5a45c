"""A digest as a notice in the form of its channel, with the links that act on its items.

Each attempt renders the stored content again, with the same result: a link expires a fixed time after the digest was
made, not after the attempt.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.alerting.matchers import equal
from shared.context import Context
from shared.digest.content import Content, Line
from shared.digest.renderers.html import as_html
from shared.digest.renderers.markdown import as_markdown
from shared.digest.renderers.text import Links, as_text
from shared.digest.summary import CLOSED_BY
from shared.ports import Doc, Mailing, Notice
from shared.security.signed_links import ACK_LIFE, DIGEST_LIFE, UNSUBSCRIBE_LIFE, Purpose
from shared.services.outbox.addressees import receiver
from shared.services.outbox.message import as_message
from shared.values.excerpt import MORE
from shared.values.markup import DIALECTS

SILENCED_FOR = "1d"


def digest_notice(doc: Doc, context: Context) -> Notice:
    """The notice of *doc*, a digest that is stored as its content, in the form of its channel."""
    message = as_message(doc.data)
    content: Content = message["content"]
    form, title = receiver(message, context).form, message["notice"]["title"]
    links, whole = item_links(content, context), _url("digest", doc.id, content, DIGEST_LIFE, context)
    is_summary = message.get("closed_by") == CLOSED_BY
    if dialect := DIALECTS.get(form.markup):
        text = as_markdown(content, links, dialect, form, more=whole, always=is_summary)
        return Notice(title, text, whole, markup=form.markup)
    if form.markup == "plain":
        return Notice(title, as_text(content, links, form.beside(whole), more=MORE), whole)
    stop = _url("unsubscribe", content["queue"], content, UNSUBSCRIBE_LIFE, context)
    made, html = datetime.fromisoformat(content["at"]), as_html(content, links, whole=whole, unsubscribe=stop)
    thread = f"{content['queue']}.{made.astimezone(ZoneInfo(content['zone'])).date()}"
    return Notice(title, as_text(content, links), whole, mailing=Mailing(html, made, thread, content["queue"], stop))


class _Action(NamedTuple):
    """A link of an item: `name` is its key in the renderers' LABELS, `claims` are what it is signed with."""

    item: str
    name: str
    purpose: Purpose
    claims: dict[str, Any]


def item_links(content: Content, context: Context) -> Links:
    """The links of each open item, by its id and by what they do. An item that cannot be read has none."""
    actions = [action for block in content["blocks"] for line in block["lines"] for action in _readable_actions(line)]
    expires, links = datetime.fromisoformat(content["at"]) + ACK_LIFE, dict[str, dict[str, str]]()
    for item, name, purpose, claims in actions:
        links.setdefault(item, {})[name] = context.links.url(purpose, claims, expires=expires)
    return links


def _readable_actions(line: Line) -> list[_Action]:
    try:
        return list(_actions(line, line["act"])) if line["act"] else []
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _actions(line: Line, act: dict[str, Any]) -> Iterator[_Action]:
    matchers = equal(dict(act["like"]))
    if line["state"] == "firing" and act["alert"]:
        yield _Action(line["id"], "ack", "ack", {"alert": act["alert"], "episode": act["episode"]})
    if matchers:
        yield _Action(line["id"], "silence", "silence", {"matchers": matchers, "for": SILENCED_FOR})
        yield _Action(line["id"], "always", "rule", {"matchers": matchers, "wish": "always"})
        yield _Action(line["id"], "never", "rule", {"matchers": matchers, "wish": "never"})


def _url(purpose: Purpose, digest: str, content: Content, life: timedelta, context: Context) -> str:
    """The link to *digest*: the id of one digest, or the queue that a subscription is about."""
    return context.links.url(purpose, {"digest": digest}, expires=datetime.fromisoformat(content["at"]) + life)
