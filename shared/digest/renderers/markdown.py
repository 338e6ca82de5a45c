"""A digest in the dialect of a chat. Text that is too long for the channel is cut between two items."""

from collections.abc import Iterator, Mapping, Sequence

from shared.digest.content import Content
from shared.digest.renderers.phrases import LABELS, BlockInWords, LineInWords, in_words, titles
from shared.digest.renderers.pieces import cut, whole
from shared.digest.renderers.text import Links
from shared.ports import Form
from shared.values.links import web_link
from shared.values.markup import Dialect
from shared.values.text import readable


def as_markdown(
    content: Content, links: Links, dialect: Dialect, form: Form, *, more: str, always: bool = False
) -> str:
    """The digest in *form*. If it is cut, or *always*, it ends with *more*, the link to all of it.

    Of a digest that is too long, opos first omits all actions except to acknowledge, then the last items. If the first
    item alone is too long, the items are their titles.
    """
    blocks, ending = in_words(content), dialect.link("Open the full digest", more)
    last = [f"\n\n{ending}"] if always else []
    text = whole([*_pieces(blocks, links, dialect), *last])
    if form.fits(text):
        return text
    few = {id: {name: url for name, url in actions.items() if name == "ack"} for id, actions in links.items()}
    pieces = [*_pieces(blocks, few, dialect)]
    text = whole([*pieces, *last])
    if form.fits(text):
        return text
    return cut(pieces, form, ending) or cut([*_pieces(titles(blocks), {}, dialect)], form, ending) or ending


def _pieces(blocks: Sequence[BlockInWords], links: Links, dialect: Dialect) -> Iterator[str]:
    for block in blocks:
        head = f"\n\n{dialect.bold(block['heading'])}\n"
        for paragraph in _block(block, links, dialect):
            yield f"{head}{paragraph}"
            head = "\n\n"


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
    yield f"{dialect.escape(line['mark'])} {dialect.bold(named)}{money}"
    yield from (dialect.escape(part) for part in (line["summary"], line["reason"], line["facts"]) if part)
    acts = [dialect.link(LABELS[name], url) for name, url in links.items()]
    runbook = _runbook(line["runbook"], dialect)
    yield from (part for part in (runbook, " | ".join(acts)) if part)


def _runbook(runbook: str, dialect: Dialect) -> str:
    if web_link(runbook):
        return dialect.link("Runbook", runbook)
    return f"Runbook: {dialect.escape(readable(runbook))}" if runbook else ""
