"""A digest as plain text."""

from collections.abc import Iterator, Mapping

from shared.digest.content import Content
from shared.digest.renderers.phrases import LABELS, BlockInWords, LineInWords, in_words
from shared.values.text import readable

Links = Mapping[str, Mapping[str, str]]
"""The links of each item, by its id: what they do (a key of LABELS), and where they lead."""


def as_text(content: Content, links: Links) -> str:
    return "\n\n".join("\n".join(_block(block, links)) for block in in_words(content))


def _block(block: BlockInWords, links: Links) -> Iterator[str]:
    yield block["heading"].upper()
    for note in block["notes"]:
        yield f"{note['text']}" + (f"\n   {note['link']}" if note["link"] else "")
    for line in block["lines"]:
        yield from _line(line, links.get(line["id"], {}))
    if block["rest"]:
        yield block["rest"]


def _line(line: LineInWords, links: Mapping[str, str]) -> Iterator[str]:
    money = f" [{line['money']}]" if line["money"] else ""
    facts = f" ({line['facts']})" if line["facts"] else ""
    yield f"{line['mark']} {line['title']}{money}{facts}"
    runbook = f"Runbook: {readable(line['runbook'])}" if line["runbook"] else ""
    act = f"{LABELS['ack']}: {links['ack']}" if "ack" in links else ""
    yield from (f"   {part}" for part in (line["summary"], line["reason"], line["link"], runbook, act) if part)
