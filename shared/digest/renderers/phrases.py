"""The words that every rendering of a digest has in common."""

from shared.digest.content import HEADINGS, Block, Content, Line, Rest
from shared.digest.renderers.times import since
from shared.values.text import counted

MARK = {"critical": "!!", "warning": "!", "info": "-"}
LABELS = {"ack": "Acknowledge", "silence": "Silence a day", "always": "Always page", "never": "Never page"}
"""What each of an item's links does."""


def heading(block: Block) -> str:
    return HEADINGS[block["kind"]]


def mark(line: Line) -> str:
    return "ok" if line["state"] == "resolved" else MARK.get(line["severity"], "!!")


def facts(line: Line, content: Content) -> str:
    """Where it comes from, since when, how often, and who is on it."""
    began = since(line["since"], now=content["at"], zone=content["zone"]) if line["state"] != "noted" else ""
    parts = [
        line["source"],
        f"since {began}" if began and line["state"] != "resolved" else began,
        f"{line['count']:,} times" if line["count"] > 1 else "",
        line["state"] if line["state"] in {"acknowledged", "snoozed"} else "",
    ]
    return ", ".join(part for part in parts if part)


def rest(found: Rest, block: Block) -> str:
    """One line for all that is not listed."""
    titles = [f"{title} x{times}" if times > 1 else title for title, times in found["titles"]]
    named = f": {', '.join(titles)}" if titles else ""
    more = ", ..." if titles and sum(times for _, times in found["titles"]) < found["count"] else ""
    if block["kind"] == "passing":
        return f"{counted(found['count'], 'alert')} fired and resolved{named}{more}"
    return f"and {found['count']:,} more{named}{more}"
