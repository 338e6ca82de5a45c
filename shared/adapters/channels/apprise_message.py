"""The message that Apprise gets of a notice: in the markup that its service shows, and within the service's limit.

As Markdown, from which Apprise makes what most services show, a page has no character that Markdown would have to
escape, because some services show it as it is. As HTML, it is escaped, and Apprise leaves the tags that the service
accepts; a title in a field of its own is plain text.
"""

from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

from shared.adapters.channels.apprise_services import Shape
from shared.adapters.channels.notice_links import fitting_links
from shared.ports import Notice
from shared.values.excerpt import excerpt
from shared.values.markup import SIMPLE_HTML, unformatted, unformatted_url
from shared.values.text import readable, readable_lines

_LINK, _ACK = "Open", "Acknowledge"
_AROUND_TITLE = 20
"""What Apprise writes around a title that has no field of its own is shorter than this."""


class _Writing(NamedTuple):
    """How a message is written: its title in a field of its own, its text, and a link by its name."""

    title: Callable[[str], str]
    text: Callable[[str], str]
    link: Callable[[str, str], str]
    body_format: str


def _bare_link(name: str, url: str) -> str:
    return unformatted_url(url) if name == _LINK else f"{name}: {unformatted_url(url)}"


_MARKDOWN = _Writing(unformatted, unformatted, _bare_link, "markdown")
_HTML = _Writing(str, escape, SIMPLE_HTML.link, "html")


def message(notice: Notice, shape: Shape) -> dict[str, Any]:
    """The title, the body and its format, as `Apprise.notify` takes them."""
    writing = _HTML if shape.form.markup == "simple-html" else _MARKDOWN
    title = _title(notice, shape, writing)
    body = _body(notice, title, shape, writing) or writing.text(readable(notice.title))
    lines = body.replace("\n", "<br>") if writing is _HTML else body
    return {"title": title, "body": lines, "body_format": writing.body_format}


def _title(notice: Notice, shape: Shape, writing: _Writing) -> str:
    if shape.title:
        return _written(readable(notice.title), shape.title, shape, writing.title)
    return _written(readable(notice.title), shape.head - _AROUND_TITLE, shape, writing.text)


def _body(notice: Notice, title: str, shape: Shape, writing: _Writing) -> str:
    if notice.markup == shape.form.markup != "plain":
        return notice.text
    form = shape.form
    room = form.limit - (0 if shape.title else form.size(title) + _AROUND_TITLE)
    links = fitting_links(notice, room, lambda url: form.size(f"\n{writing.link(_ACK, url)}"))
    tail = [writing.link(name, url) for name, url in ((_LINK, links.link), (_ACK, links.ack)) if url]
    text = _written(readable_lines(notice.text), room - form.size("\n".join(["", *tail])), shape, writing.text)
    return "\n".join(line for line in (text, *tail) if line)


def _written(text: str, room: int, shape: Shape, write: Callable[[str], str]) -> str:
    """*text* as *write* writes it, cut before that so that it fits into *room*."""
    return write(excerpt(text, room, lambda part: shape.form.size(write(part))))
