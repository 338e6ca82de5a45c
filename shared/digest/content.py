"""What a digest says: its items chosen, cancelled out, ranked and put into blocks; plain data, kept with the digest.

How it looks is another matter: `text`, `markdown` and `html` read what is made here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from shared.digest.batch import Item
from shared.digest.ranking import Points, points, total
from shared.events import iso
from shared.values.links import web_link
from shared.values.money import format_money
from shared.values.text import counted, one_line

Kind = Literal["attention", "business", "over", "passing", "leftovers", "desk"]
HEADINGS: dict[Kind, str] = {
    "attention": "Needs a look", "business": "Business", "over": "Over", "passing": "Came and went",
    "leftovers": "Still open from before", "desk": "The desk itself",
}  # fmt: skip
"""The blocks, in their order."""
LISTED: dict[Kind, int] = {"attention": 20, "business": 12, "over": 8, "passing": 0, "leftovers": 8, "desk": 8}
"""So many lines of each; of the rest it is said how many there are, and of what kind."""
SUMMARY = 240
_ABOUT = {"money in": 0, "customers": 1, "releases": 2}


class Line(TypedDict):
    """One item. `why` is the ranking: what for, points, reason. `act`: what its links need to know, if it is open."""

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


class Rest(TypedDict):
    """What is not listed: how many, and the most frequent titles with how often each."""

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
    """`count` items make this digest, `subject` is the first of them; `zone` is the one in which times are shown."""

    subject: str
    count: int
    at: str
    zone: str
    queue: str
    blocks: list[Block]


def compose(
    items: Iterable[Item], *, queue: str, now: datetime, zone: str, runbook: Callable[[Item], str],
    leftovers: Sequence[Item] = (), left: int = 0, notes: Sequence[Note] = (),
) -> Content:  # fmt: skip
    """The digest of *items*; *leftovers* are the first of the *left* that earlier ones told of and are open still."""
    found: dict[Kind, list[tuple[Item, Line]]] = {kind: [] for kind in HEADINGS}
    for item in items:
        one = line(item, now=now, runbook=runbook)
        found[_kind(item) if one["rank"] else "attention"].append((item, one))
    lines = {kind: [one for _, one in pairs] for kind, pairs in found.items()}
    subject, count = _subject(lines), sum(map(len, lines.values()))
    lines["leftovers"] = [line(item, now=now, runbook=runbook) for item in leftovers]
    unlisted: dict[Kind, int] = {"leftovers": left - len(leftovers)}
    said: dict[Kind, Sequence[Note]] = {"business": _money_in(item for item, _ in found["business"]), "desk": notes}
    blocks = [_block(kind, lines[kind], said.get(kind, ()), unlisted.get(kind, 0)) for kind in HEADINGS]
    told = [block for block in blocks if block["lines"] or block["notes"] or block["rest"]]
    return {"subject": subject, "count": count, "at": iso(now), "zone": zone, "queue": queue, "blocks": told}


def line(item: Item, *, now: datetime, runbook: Callable[[Item], str]) -> Line:
    """*item* as a line; one that cannot be read is a line without rank that says so, and all others are told."""
    try:
        return _line(item, points(item, now=now), runbook(item))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return _unreadable(item)


def _line(item: Item, ranked: list[Points], runbook: str) -> Line:
    money = format_money(item["money"]) if item["money"] else ""
    return {
        "id": str(item["id"]), "severity": str(item["severity"]),
        "title": one_line(item["title"]) or "(without a title)",
        "state": str(item["state"]), "source": one_line(item["source"]), "since": str(item["first_seen"]),
        "count": _times(item), "summary": one_line(item["summary"], SUMMARY), "link": web_link(item["link"]),
        "runbook": one_line(runbook), "money": money if money not in item["title"] else "",
        "reason": one_line(_reason(item)), "about": str(item.get("about") or ""), "rank": total(ranked),
        "why": [[one.what, round(one.points, 1), one.why] for one in ranked], "act": _act(item),
    }  # fmt: skip


def _times(item: Item) -> int:
    """How often it has fired: in its present episode, or in how many episodes since it waits."""
    since = (item.get("pending") or {}).get("since") or item["first_seen"]
    episodes = [one for one in item["episodes"] if one.get("began", "") >= since]
    return max(int(item["count"]), len(episodes))


def _unreadable(item: Any) -> Line:
    id = str(item.get("id", "")) if isinstance(item, Mapping) else ""
    return {
        "id": id, "title": "An item that cannot be shown", "severity": "warning", "state": "firing", "source": "opos",
        "since": "", "count": 1, "summary": f"It is kept as alerts/{id}.", "link": "", "runbook": "", "money": "",
        "reason": "", "about": "", "rank": 0, "why": [], "act": None,
    }  # fmt: skip


def _reason(item: Item) -> str:
    """Why an item that was worth an interruption is here."""
    pending = item.get("pending") or {}
    return str(pending.get("reason") or "") if pending.get("by") in {"focus", "budget"} else ""


def _act(item: Item) -> dict[str, Any] | None:
    if item["state"] not in {"firing", "acknowledged", "snoozed"}:
        return None
    # Pairs, since a store need not keep the order of keys, and the same digest is to have the same links.
    like = [[name, item["labels"][name]] for name in ("source", "alertname") if item["labels"].get(name)]
    return {"alert": item["id"], "episode": item["episode"], "like": like}


def _kind(item: Item) -> Kind:
    """In which block an item stands."""
    if item.get("kind") == "event":
        return "business"
    if item.get("state") == "resolved":
        return "over" if _was_told(item) else "passing"
    return "desk" if (item.get("pending") or {}).get("by") == "budget" else "attention"


def _was_told(item: Item) -> bool:
    """Whether anybody was told of its present episode before, by a page or by an earlier digest."""
    episodes = item.get("episodes") or [{}]
    return bool({"told", "listed"} & set(episodes[-1]))


def _order(one: Line) -> tuple[Any, ...]:
    return -one["rank"], one["since"], one["title"], one["id"]


def _block(kind: Kind, lines: list[Line], notes: Sequence[Note], unlisted: int) -> Block:
    ranked = sorted(lines, key=lambda one: (_ABOUT.get(one["about"], len(_ABOUT)), *_order(one)))
    listed, others = ranked[: LISTED[kind]], ranked[LISTED[kind] :]
    return {"kind": kind, "lines": listed, "notes": list(notes), "rest": _rest(others, unlisted)}


def _rest(lines: list[Line], unlisted: int) -> Rest | None:
    count, titles = len(lines) + max(unlisted, 0), Counter[str]()
    for one in lines:
        titles[one["title"]] += one["count"]
    return {"count": count, "titles": [list(pair) for pair in titles.most_common(5)]} if count else None


def _money_in(items: Iterable[Item]) -> list[Note]:
    """What came in, in each currency."""
    earned: dict[str, list[int]] = {}
    for item in items:
        if item.get("about") == "money in" and isinstance(item.get("money"), Mapping):
            earned.setdefault(str(item["money"]["currency"]).upper(), []).append(int(item["money"]["amount"]))
    sums = [(format_money({"amount": sum(all_), "currency": currency}), all_) for currency, all_ in earned.items()]
    return [{"text": f"{sum_} came in with {counted(len(all_), 'payment')}", "link": ""} for sum_, all_ in sums]


def _subject(lines: Mapping[Kind, list[Line]]) -> str:
    """What ranks first, and how much more there is."""
    count, passing = sum(map(len, lines.values())), len(lines["passing"])
    ranked = sorted((one for kind, found in lines.items() if kind != "passing" for one in found), key=_order)
    if not ranked:
        return f"{counted(passing, 'alert')} came and went"
    first, more = ranked[0], f" and {count - 1:,} more" if count > 1 else ""
    money = f" [{first['money']}]" if first["money"] else ""
    return f"{'Over: ' if first['state'] == 'resolved' else ''}{first['title']}{money}{more}"
