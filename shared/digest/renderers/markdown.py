"""A digest in Markdown, or in Slack's own kind of it, as long as a channel takes: cut between items, never within one.

Sources: CommonMark 0.31, section 2.4 (backslash escapes); Slack documentation, "Formatting text".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shared.digest.content import Block, Content, Line
from shared.digest.renderers.phrases import LABELS, facts, heading, mark, rest
from shared.digest.renderers.text import Links
from shared.values.links import web_link

_SPECIAL = re.compile(r"([\\`*_\[\]()<>#|~!])")
_MENTION = re.compile(r"@(?=\w)")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a kind of Markdown escapes text, names a link, and makes words bold."""

    escape: Callable[[str], str]
    link: Callable[[str, str], str]
    bold: str


def _escaped(text: str) -> str:
    """*text* that formats nothing, and calls nobody: a chat would ring everyone for an @everyone in a title."""
    return _MENTION.sub("@\u200b", _SPECIAL.sub(r"\\\1", text))


def _escaped_for_slack(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub("@\u200b", re.sub(r"([*_~`])", "\u200b\\1", plain))


def _target(url: str) -> str:
    return url.replace(" ", "%20").replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")


def _slack_link(text: str, url: str) -> str:
    return f"<{_target(url).replace('&', '&amp;').replace('|', '%7C')}|{text.replace('|', '/')}>"


MARKDOWN = Dialect(_escaped, lambda text, url: f"[{text}]({_target(url)})", "**")
SLACK = Dialect(_escaped_for_slack, _slack_link, "*")
DIALECTS = {"markdown": MARKDOWN, "slack": SLACK}
"""By the markup that a channel's form names."""


def as_markdown(content: Content, links: Links, dialect: Dialect, *, limit: int, more: str) -> str:
    """At most *limit* characters; where that is too little, *more* is the address of the whole digest.

    First every action of an item but acknowledging is left out, then items from the end.
    """
    whole = "\n\n".join(_paragraphs(content, links, dialect))
    if len(whole) <= limit:
        return whole
    few = {id: {name: url for name, url in found.items() if name == "ack"} for id, found in links.items()}
    return cut(list(_paragraphs(content, few, dialect)), limit, dialect.link("The whole digest", more))


def cut(paragraphs: list[str], limit: int, ending: str = "...") -> str:
    """As many of *paragraphs* as *limit* characters hold; where that is not all of them, followed by *ending*."""
    if len("\n\n".join(paragraphs)) <= limit:
        return "\n\n".join(paragraphs)
    kept, length = list[str](), len(ending)
    for paragraph in paragraphs:
        length += len(paragraph) + 2
        if length > limit:
            break
        kept.append(paragraph)
    return "\n\n".join([*kept, ending])


def _paragraphs(content: Content, links: Links, dialect: Dialect) -> Iterator[str]:
    for block in content["blocks"]:
        head = f"{dialect.bold}{heading(block)}{dialect.bold}"
        for paragraph in _block(block, content, links, dialect):
            yield f"{head}\n{paragraph}" if head else paragraph
            head = ""


def _block(block: Block, content: Content, links: Links, dialect: Dialect) -> Iterator[str]:
    notes = [dialect.escape(note["text"]) for note in block["notes"]]
    if notes:
        yield "\n".join(notes)
    for line in block["lines"]:
        yield "\n".join(_line(line, content, links.get(line["id"], {}), dialect))
    if block["rest"]:
        yield dialect.escape(rest(block["rest"], block))


def _line(line: Line, content: Content, links: Mapping[str, str], dialect: Dialect) -> Iterator[str]:
    title = dialect.escape(line["title"])
    named = dialect.link(title, line["link"]) if line["link"] else title
    money = f" {dialect.escape(line['money'])}" if line["money"] else ""
    yield f"{dialect.escape(mark(line))} {dialect.bold}{named}{dialect.bold}{money}"
    said = facts(line, content)
    yield from (dialect.escape(part) for part in (line["summary"], line["reason"], said) if part)
    acts = [dialect.link(LABELS[name], url) for name, url in links.items()]
    runbook = _runbook(line["runbook"], dialect)
    yield from (part for part in (runbook, " | ".join(acts)) if part)


def _runbook(where: str, dialect: Dialect) -> str:
    if web_link(where):
        return dialect.link("Runbook", where)
    return f"Runbook: {dialect.escape(where)}" if where else ""
