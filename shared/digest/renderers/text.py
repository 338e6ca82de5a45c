"""A digest as plain text. Text that is too long for the channel is cut between two items."""

from collections.abc import Iterator, Mapping, Sequence

from shared.digest.content import Content
from shared.digest.renderers.phrases import LABELS, BlockInWords, LineInWords, in_words, titles
from shared.digest.renderers.pieces import cut, whole
from shared.ports import Form
from shared.values.text import readable

Links = Mapping[str, Mapping[str, str]]
"""The links of each item, by its id: what they do (a key of LABELS), and where they lead."""
_ANY = Form()


def as_text(content: Content, links: Links, form: Form = _ANY, *, more: str = "") -> str:
    """The digest in *form*. If it is too long, it is cut between two items and ends with *more*."""
    blocks = in_words(content)
    pieces = [*_pieces(blocks, links)]
    text = whole(pieces)
    if form.fits(text):
        return text
    return cut(pieces, form, more) or cut([*_pieces(titles(blocks), {})], form, more) or more


def _pieces(blocks: Sequence[BlockInWords], links: Links) -> Iterator[str]:
    for block in blocks:
        head = f"\n\n{block['heading'].upper()}\n"
        for item in _block(block, links):
            yield f"{head}{item}"
            head = "\n"


def _block(block: BlockInWords, links: Links) -> Iterator[str]:
    for note in block["notes"]:
        yield f"{note['text']}" + (f"\n   {note['link']}" if note["link"] else "")
    for line in block["lines"]:
        yield "\n".join(_line(line, links.get(line["id"], {})))
    if block["rest"]:
        yield block["rest"]


def _line(line: LineInWords, links: Mapping[str, str]) -> Iterator[str]:
    money = f" [{line['money']}]" if line["money"] else ""
    facts = f" ({line['facts']})" if line["facts"] else ""
    yield f"{line['mark']} {line['title']}{money}{facts}"
    runbook = f"Runbook: {readable(line['runbook'])}" if line["runbook"] else ""
    act = f"{LABELS['ack']}: {links['ack']}" if "ack" in links else ""
    yield from (f"   {part}" for part in (line["summary"], line["reason"], line["link"], runbook, act) if part)
