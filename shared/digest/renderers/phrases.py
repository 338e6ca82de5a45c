"""A digest in words: what all renderers of a digest show."""

from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from shared.digest.content import HEADINGS, Block, Content, Line, Note, Rest
from shared.values.local_time import local_time
from shared.values.text import counted

MARK = {"critical": "!!", "warning": "!", "info": "-"}
LABELS = {
    "ack": "Acknowledge", "silence": "Silence similar alerts", "always": "Always notify", "never": "Digest only",
}  # fmt: skip
"""The label of each of an item's links."""


class LineInWords(Line):
    """A line with its mark, and with its facts: source, local time, count, and state."""

    mark: str
    facts: str


class BlockInWords(TypedDict):
    heading: str
    lines: list[LineInWords]
    notes: list[Note]
    rest: str


def in_words(content: Content) -> list[BlockInWords]:
    """The blocks of *content* as a reader sees them, with times in the zone of the digest."""
    now, zone = datetime.fromisoformat(content["at"]), ZoneInfo(content["zone"])
    stored = {line["since"] for block in content["blocks"] for line in block["lines"] if line["since"]}
    times = {since: local_time(since, zone, now) for since in stored}
    return [_block(block, times) for block in content["blocks"]]


def _block(block: Block, times: dict[str, str]) -> BlockInWords:
    lines: list[LineInWords] = [{**line, "mark": _mark(line), "facts": _facts(line, times)} for line in block["lines"]]
    unlisted = rest(block["rest"], block) if block["rest"] else ""
    return {"heading": HEADINGS[block["kind"]], "lines": lines, "notes": block["notes"], "rest": unlisted}


def _mark(line: Line) -> str:
    return "ok" if line["state"] == "resolved" else MARK.get(line["severity"], "!!")


def _facts(line: Line, times: dict[str, str]) -> str:
    began = times.get(line["since"], "") if line["state"] != "noted" else ""
    parts = [
        line["source"],
        f"{'started' if line['state'] == 'resolved' else 'since'} {began}" if began else "",
        f"{line['count']:,} times" if line["count"] > 1 else "",
        line["state"] if line["state"] in {"acknowledged", "snoozed"} else "",
    ]
    return ", ".join(part for part in parts if part)


def rest(unlisted: Rest, block: Block) -> str:
    """One line for the items of *block* that are not listed."""
    titles = [f"{title} x{count}" if count > 1 else title for title, count in unlisted["titles"]]
    named = f": {', '.join(titles)}" if titles else ""
    more = ", ..." if titles and sum(count for _, count in unlisted["titles"]) < unlisted["count"] else ""
    if block["kind"] == "passing":
        return f"{counted(unlisted['count'], 'alert')} fired and resolved{named}{more}"
    return f"and {unlisted['count']:,} more{named}{more}"
