"""A digest as plain text."""

from collections.abc import Iterator, Mapping

from shared.digest.content import Block, Content, Line
from shared.digest.renderers.phrases import LABELS, facts, heading, mark, rest

Links = Mapping[str, Mapping[str, str]]
"""The links of each item, by its id: what they do (a key of LABELS), and where they lead."""


def as_text(content: Content, links: Links) -> str:
    return "\n\n".join("\n".join(_block(block, content, links)) for block in content["blocks"])


def _block(block: Block, content: Content, links: Links) -> Iterator[str]:
    yield heading(block).upper()
    for note in block["notes"]:
        yield f"{note['text']}" + (f"\n   {note['link']}" if note["link"] else "")
    for line in block["lines"]:
        yield from _line(line, content, links.get(line["id"], {}))
    if block["rest"]:
        yield rest(block["rest"], block)


def _line(line: Line, content: Content, links: Mapping[str, str]) -> Iterator[str]:
    money = f" [{line['money']}]" if line["money"] else ""
    said = f" ({found})" if (found := facts(line, content)) else ""
    yield f"{mark(line)} {line['title']}{money}{said}"
    runbook = f"Runbook: {line['runbook']}" if line["runbook"] else ""
    act = f"{LABELS['ack']}: {links['ack']}" if "ack" in links else ""
    yield from (f"   {part}" for part in (line["summary"], line["reason"], line["link"], runbook, act) if part)
