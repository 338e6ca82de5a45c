"""A digest in words: what all renderers of a digest show."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypedDict
from zoneinfo import ZoneInfo

from shared.digest.content import HEADINGS, SUMMARY, Block, Content, Line, Note, Rest, unreadable
from shared.values.distinction import named
from shared.values.links import web_link
from shared.values.local_time import local_time
from shared.values.text import counted, headline, one_line, readable

Clock = Callable[[str], str]
"""A stored time as a reader sees it."""
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
    """The blocks of *content* as a reader sees them, with times in the zone of the digest.

    All texts are safe to show, except that `runbook` is as it is stored: if it is no web link, it must not become one
    when it is shown. A line that cannot be put into words says so, and keeps no other from being shown.
    """
    now, zone = datetime.fromisoformat(content["at"]), ZoneInfo(content["zone"])
    time = cache(lambda since: local_time(since, zone, now))
    return [_block(block, time) for block in content["blocks"]]


def titles(blocks: list[BlockInWords]) -> list[BlockInWords]:
    """*blocks* with only the titles of their items."""
    bare = {"summary": "", "reason": "", "facts": "", "money": "", "link": "", "runbook": ""}
    return [{**block, "lines": [{**line, **bare} for line in block["lines"]]} for block in blocks]  # type: ignore[typeddict-item]


def _block(block: Block, time: Clock) -> BlockInWords:
    notes: list[Note] = [{"text": readable(note["text"]), "link": note["link"]} for note in block["notes"]]
    unlisted = readable(rest(block["rest"], block)) if block["rest"] else ""
    lines = [_line(line, time) for line in block["lines"]]
    return {"heading": HEADINGS[block["kind"]], "lines": lines, "notes": notes, "rest": unlisted}


def _line(line: Line, time: Clock) -> LineInWords:
    try:
        return _in_words(line, time)
    except Exception:  # noqa: BLE001  (whatever an item holds, the others are shown)
        return _in_words(unreadable(line), time)


def _in_words(line: Line, time: Clock) -> LineInWords:
    return {
        **line, "id": str(line["id"]), "severity": str(line["severity"]), "state": str(line["state"]),
        "title": named(headline(line["title"]), one_line(line.get("apart", ""))),
        "summary": one_line(line["summary"], SUMMARY),
        "reason": one_line(line["reason"]), "money": one_line(line["money"]), "link": web_link(line["link"]),
        "runbook": str(line["runbook"] or ""), "mark": _mark(line), "facts": one_line(_facts(line, time)),
    }  # fmt: skip


def _mark(line: Line) -> str:
    return "ok" if line["state"] == "resolved" else MARK.get(line["severity"], "!!")


def _facts(line: Line, time: Clock) -> str:
    began = time(line["since"]) if line["since"] and line["state"] != "noted" else ""
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
