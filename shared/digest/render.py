"""A digest as one plain-text message."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.digest.batch import Item
from shared.money import format_money

_MARK = {"critical": "!!", "warning": "!", "info": "-"}


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str


def render(items: Sequence[Item]) -> Rendered:
    """*items* in the order given; the subject counts them and says the first."""
    rest = f" and {len(items) - 1} more" if len(items) > 1 else ""
    return Rendered(subject=f"{one_line(items[0]['title'])}{rest}", text="\n".join(_lines(item) for item in items))


def _lines(item: Item) -> str:
    mark = "ok" if item["state"] == "resolved" else _MARK[item["severity"]]
    repeats = f" (x{item['count']})" if item["count"] > 1 else ""
    resolved = " (resolved)" if item["state"] == "resolved" else ""
    money = _amount(item)
    lines = [f"{mark} {one_line(item['title'])}{money}{repeats}{resolved}"]
    lines += [f"   {one_line(item['summary'])}"] if item["summary"] else []
    lines += [f"   {one_line(item['link'])}"] if item["link"] else []
    lines += [f"   {_demoted(item)}"] if _demoted(item) else []
    return "\n".join(lines)


def _demoted(item: Item) -> str:
    """Why an item that was worth an interruption is in the digest."""
    pending = item.get("pending") or {}
    return str(pending["reason"]) if pending.get("by") in {"focus", "budget"} else ""


def one_line(text: str) -> str:
    """*text* without line breaks and other control characters, which could forge a line or a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _amount(item: Item) -> str:
    """The money at stake, unless the title says it already."""
    amount = format_money(item["money"]) if item["money"] else ""
    return f" [{amount}]" if amount and amount not in item["title"] else ""
