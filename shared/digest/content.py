"""What a digest says: its items ranked and put into blocks, as plain data that is stored with the digest.

The renderers decide how it looks: `text`, `markdown` and `html` read the data that this module makes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict, TypeVar
from zoneinfo import ZoneInfo

from shared.digest.batch import Item
from shared.digest.ranking import points, total
from shared.events import iso
from shared.values.distinction import distinctions
from shared.values.links import web_link
from shared.values.local_time import localized
from shared.values.money import format_money
from shared.values.text import counted, headline, one_line

Kind = Literal["attention", "business", "over", "passing", "leftovers", "desk", "items"]
HEADINGS: dict[Kind, str] = {
    "attention": "Needs a look", "business": "Business", "over": "Resolved",
    "passing": "Resolved before you were notified", "leftovers": "Still open", "desk": "opos itself",
    "items": "All items",
}  # fmt: skip
"""The blocks, in their order. Only the console shows the last one, for a summary."""
LISTED: dict[Kind, int] = {
    "attention": 20, "business": 12, "over": 8, "passing": 0, "leftovers": 8, "desk": 8, "items": 200,
}  # fmt: skip
"""How many lines a block lists; the rest is a count, with the most frequent titles."""
SUMMARY = 240
_Item = TypeVar("_Item", bound=Item)
_ORDER_IN_BUSINESS = {"money in": 0, "customers": 1, "releases": 2}


class Line(TypedDict):
    """One item. `why` explains the rank: part, points, reason. `act`: what its links need to know, if it is open.

    `apart`: what tells it apart from the other lines of its block with the same title.
    """

    id: str
    title: str
    severity: str
    state: str
    source: str
    since: str
    count: int
    summary: str
    link: str
    runbook: str
    money: str
    reason: str
    about: str
    rank: int
    why: list[list[Any]]
    act: dict[str, Any] | None
    apart: NotRequired[str]


class Rest(TypedDict):
    """The items that are not listed: how many, and their most frequent titles with a count each."""

    count: int
    titles: list[list[Any]]


class Note(TypedDict):
    """A line that is about no single item."""

    text: str
    link: str


class Block(TypedDict):
    kind: Kind
    lines: list[Line]
    notes: list[Note]
    rest: Rest | None


class Content(TypedDict):
    """`count` items make this digest, `subject` names the first of them; its times are shown in `zone`."""

    subject: str
    count: int
    at: str
    zone: str
    queue: str
    blocks: list[Block]


def compose(
    items: Iterable[_Item], *, queue: str, now: datetime, zone: str, runbook: Callable[[_Item], str],
    leftovers: Sequence[_Item] = (), still_open: int = 0, notes: Sequence[Note] = (),
) -> Content:  # fmt: skip
    """The digest of *items*; *leftovers* are the first of the *still_open* alerts of earlier digests."""
    lines: dict[Kind, list[Line]] = {kind: [] for kind in HEADINGS}
    business: list[Item] = []
    known: dict[str, Item] = {}
    for item in items:
        ranked = line(item, now=now, zone=zone, runbook=runbook)
        known[ranked["id"]] = item
        kind = block_of(item, ranked)
        lines[kind].append(ranked)
        business += [item] if kind == "business" else []
    subject, count = _subject(lines), sum(map(len, lines.values()))
    notes_of: dict[Kind, Sequence[Note]] = {"business": money_received(business), "desk": notes}
    blocks = {kind: _block(kind, lines[kind], notes_of.get(kind, ()), 0) for kind in HEADINGS}
    blocks["leftovers"] = leftover_block(leftovers, still_open, now, zone, runbook)
    known |= {str(item.get("id")): item for item in leftovers}
    told: list[Block] = [{**block, "lines": told_apart(block["lines"], known)} for block in filled(blocks.values())]
    return {"subject": subject, "count": count, "at": iso(now), "zone": zone, "queue": queue, "blocks": told}


def told_apart(lines: Sequence[Line], items: Mapping[str, Item]) -> list[Line]:
    """*lines*, each with what tells its item apart from others of the same title; *items* by their ids."""
    texts = distinctions([items[line["id"]] if line["rank"] and line["id"] in items else {} for line in lines])
    return [{**line, "apart": apart} if apart else line for line, apart in zip(lines, texts, strict=True)]


def filled(blocks: Iterable[Block]) -> list[Block]:
    """Those of *blocks* that are not empty."""
    return [block for block in blocks if block["lines"] or block["notes"] or block["rest"]]


def leftover_block(
    leftovers: Iterable[_Item], still_open: int, now: datetime, zone: str, runbook: Callable[[_Item], str]
) -> Block:
    """The block of alerts from earlier digests, of which *leftovers* are the first."""
    lines = [line(item, now=now, zone=zone, runbook=runbook) for item in leftovers]
    return _block("leftovers", lines, (), still_open - len(lines))


def block_of(item: Item, ranked: Line) -> Kind:
    """The block that lists *item*, which is *ranked*. An item that opos cannot read needs a look."""
    return _kind(item) if ranked["rank"] else "attention"


def line(item: _Item, *, now: datetime, zone: str, runbook: Callable[[_Item], str]) -> Line:
    """*item* as a line. An item that opos cannot read becomes a line without a rank, and stops no other item."""
    try:
        return _line(item, runbook(item), now, zone)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return unreadable(item)


def _line(item: Item, runbook: str, now: datetime, zone: str) -> Line:
    parts = points(item, now=now)
    rank = total(parts)
    count, act, reason = _count(item), _act(item), _reason(item)
    money = format_money(item["money"]) if item["money"] else ""
    return {
        "id": str(item["id"]), "severity": str(item["severity"]), "state": str(item["state"]),
        "since": str(item["first_seen"]), "count": count, "about": str(item.get("about") or ""), "act": act,
        "title": headline(item["title"]), "source": one_line(item["source"]),
        "summary": one_line(item["summary"], SUMMARY), "runbook": one_line(runbook), "link": web_link(item["link"]),
        "money": money if money not in item["title"] else "",
        "reason": one_line(localized(reason, ZoneInfo(zone), now)) if reason else "",
        "rank": rank, "why": [[part.what, round(part.points, 1), part.why] for part in parts],
    }  # fmt: skip


def _count(item: Item) -> int:
    """How often the alert fired: signals of its present episode, or episodes since it waits, if these are more."""
    since = (item.get("pending") or {}).get("since") or item["first_seen"]
    episodes = [episode for episode in item["episodes"] if episode.get("began", "") >= since]
    return max(int(item["count"]), len(episodes))


def unreadable(item: Any) -> Line:
    """The line that replaces *item*."""
    id = str(item.get("id", "")) if isinstance(item, Mapping) else ""
    return {
        "id": id, "title": "An item that opos cannot read", "severity": "warning", "state": "firing", "source": "opos",
        "since": "", "count": 1, "summary": f"The item is stored as alerts/{id}.", "link": "", "runbook": "",
        "money": "", "reason": "", "about": "", "rank": 0, "why": [], "act": None,
    }  # fmt: skip


def _reason(item: Item) -> str:
    """Why an alert that is severe enough to notify waits for a digest."""
    pending = item.get("pending") or {}
    return str(pending.get("reason") or "") if pending.get("by") in {"focus", "budget"} else ""


def _act(item: Item) -> dict[str, Any] | None:
    if item["state"] not in {"firing", "acknowledged", "snoozed"}:
        return None
    # Pairs, because a store may reorder keys, and the links of a digest must not change.
    like = [[name, item["labels"][name]] for name in ("source", "alertname") if item["labels"].get(name)]
    return {"alert": item["id"], "episode": item["episode"], "like": like}


def _kind(item: Item) -> Kind:
    """The block of *item*."""
    if item.get("kind") == "event":
        return "business"
    if item.get("state") == "resolved":
        return "over" if _has_notified(item) else "passing"
    return "desk" if (item.get("pending") or {}).get("by") == "budget" else "attention"


def _has_notified(item: Item) -> bool:
    """Whether a notification or an earlier digest reported the present episode."""
    episodes = item.get("episodes") or [{}]
    return bool({"told", "listed"} & set(episodes[-1]))


def _order(line: Line) -> tuple[Any, ...]:
    return -line["rank"], line["since"], line["title"], line["id"]


def _block(kind: Kind, lines: list[Line], notes: Sequence[Note], unlisted: int) -> Block:
    last = len(_ORDER_IN_BUSINESS)
    ranked = sorted(lines, key=lambda line: (_ORDER_IN_BUSINESS.get(line["about"], last), *_order(line)))
    listed, others = ranked[: LISTED[kind]], ranked[LISTED[kind] :]
    return {"kind": kind, "lines": listed, "notes": list(notes), "rest": _rest(others, unlisted)}


def _rest(lines: list[Line], unlisted: int) -> Rest | None:
    count, titles = len(lines) + max(unlisted, 0), Counter[str]()
    for line in lines:
        titles[line["title"]] += line["count"]
    return {"count": count, "titles": [list(pair) for pair in titles.most_common(5)]} if count else None


def money_received(items: Iterable[Item]) -> list[Note]:
    """The sum of the payments in each currency."""
    payments: dict[str, list[int]] = {}
    for item in items:
        if item.get("about") == "money in" and isinstance(item.get("money"), Mapping):
            payments.setdefault(str(item["money"]["currency"]).upper(), []).append(int(item["money"]["amount"]))
    sums = [
        (format_money({"amount": sum(paid), "currency": currency}), len(paid)) for currency, paid in payments.items()
    ]
    return [{"text": f"{amount} received in {counted(count, 'payment')}", "link": ""} for amount, count in sums]


def _subject(lines: Mapping[Kind, list[Line]]) -> str:
    """The title of the line with the highest rank, and how many more items there are."""
    count, passing = sum(map(len, lines.values())), len(lines["passing"])
    ranked = sorted((line for kind, listed in lines.items() if kind != "passing" for line in listed), key=_order)
    if not ranked:
        return f"{counted(passing, 'alert')} resolved before you were notified"
    first, more = ranked[0], f" and {count - 1:,} more" if count > 1 else ""
    money = f" [{first['money']}]" if first["money"] else ""
    return f"{'Resolved: ' if first['state'] == 'resolved' else ''}{first['title']}{money}{more}"
