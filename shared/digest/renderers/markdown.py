"""A digest in Markdown or in Slack's format. Text that is too long for the channel is cut between two items."""

from collections.abc import Iterator, Mapping, Sequence

from shared.digest.content import Content
from shared.digest.renderers.phrases import LABELS, BlockInWords, LineInWords, in_words
from shared.digest.renderers.text import Links
from shared.values.links import web_link
from shared.values.markup import Dialect
from shared.values.text import readable


def as_markdown(
    content: Content, links: Links, dialect: Dialect, *, limit: int, more: str, always: bool = False
) -> str:
    """The digest in at most *limit* characters. If it is cut, or *always*, it ends with *more*, the link to all of it.

    Of a digest that is too long, opos first omits all actions except to acknowledge, then the last items.
    """
    blocks, ending = in_words(content), dialect.link("Open the full digest", more)
    last = [ending] if always else []
    whole = "\n\n".join([*_paragraphs(blocks, links, dialect), *last])
    if len(whole) <= limit:
        return whole
    few = {id: {name: url for name, url in actions.items() if name == "ack"} for id, actions in links.items()}
    return cut([*_paragraphs(blocks, few, dialect), *last], limit, ending)


def cut(paragraphs: list[str], limit: int, ending: str = "...") -> str:
    """As many of *paragraphs* as fit into *limit* characters, followed by *ending* if some are left out."""
    if len("\n\n".join(paragraphs)) <= limit:
        return "\n\n".join(paragraphs)
    kept, length = list[str](), len(ending)
    for paragraph in paragraphs:
        length += len(paragraph) + 2
        if length > limit:
            break
        kept.append(paragraph)
    return "\n\n".join([*kept, ending])


def _paragraphs(blocks: Sequence[BlockInWords], links: Links, dialect: Dialect) -> Iterator[str]:
    for block in blocks:
        head = f"{dialect.bold}{block['heading']}{dialect.bold}"
        for paragraph in _block(block, links, dialect):
            yield f"{head}\n{paragraph}" if head else paragraph
            head = ""


def _block(block: BlockInWords, links: Links, dialect: Dialect) -> Iterator[str]:
    notes = [dialect.escape(note["text"]) for note in block["notes"]]
    if notes:
        yield "\n".join(notes)
    for line in block["lines"]:
        yield "\n".join(_line(line, links.get(line["id"], {}), dialect))
    if block["rest"]:
        yield dialect.escape(block["rest"])


def _line(line: LineInWords, links: Mapping[str, str], dialect: Dialect) -> Iterator[str]:
    title = dialect.escape(line["title"])
    named = dialect.link(title, line["link"]) if line["link"] else title
    money = f" {dialect.escape(line['money'])}" if line["money"] else ""
    yield f"{dialect.escape(line['mark'])} {dialect.bold}{named}{dialect.bold}{money}"
    yield from (dialect.escape(part) for part in (line["summary"], line["reason"], line["facts"]) if part)
    acts = [dialect.link(LABELS[name], url) for name, url in links.items()]
    runbook = _runbook(line["runbook"], dialect)
    yield from (part for part in (runbook, " | ".join(acts)) if part)


def _runbook(runbook: str, dialect: Dialect) -> str:
    if web_link(runbook):
        return dialect.link("Runbook", runbook)
    return f"Runbook: {dialect.escape(readable(runbook))}" if runbook else ""
