"""A summary: one digest instead of more than its channel may get within a minute. Items of one rule share a line."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.digest.batch import Item
from shared.digest.content import (
    HEADINGS,
    LISTED,
    Block,
    Content,
    Kind,
    Line,
    Note,
    Rest,
    block_of,
    filled,
    leftover_block,
    line,
    money_received,
)
from shared.events import iso
from shared.values.text import counted, one_line

CLOSED_BY = "limit"
"""The `closed_by` of a digest that is a summary."""
TITLES = 5


@dataclass
class _Rule:
    """The items of one rule in one block: how many, and the one with the highest rank."""

    name: str
    line: Line
    count: int = 0

    def add(self, ranked: Line) -> None:
        self.count += 1
        if ranked["rank"] > self.line["rank"]:
            self.line = ranked

    @property
    def order(self) -> tuple[int, int, str]:
        return -self.line["rank"], -self.count, self.name

    def as_line(self) -> Line:
        """Its links act on similar alerts, and not on the alert that it names."""
        if self.count == 1:
            return self.line
        act = self.line["act"] and {**self.line["act"], "alert": ""}
        noun = "event" if self.line["state"] == "noted" else "alert"
        title = f"{counted(self.count, noun)} of {self.name}: {self.line['title']}"
        return {**self.line, "title": title, "count": 1, "act": act, "summary": "", "reason": "", "money": ""}


@dataclass
class Summary:
    """Counts items by their rules, in as many parts as they are claimed in. *runbook* is that of `content.compose`."""

    queue: str
    now: datetime
    zone: str
    runbook: Callable[[Any], str]
    limit: int
    count: int = 0
    _rules: dict[tuple[Kind, str, str], _Rule] = field(default_factory=dict)
    _payments: list[Item] = field(default_factory=list)

    def add(self, items: Iterable[Item]) -> None:
        for item in items:
            ranked = line(item, now=self.now, zone=self.zone, runbook=self.runbook)
            kind = block_of(item, ranked)
            name = _name(item, ranked)
            self._rules.setdefault((kind, ranked["source"], name), _Rule(name, ranked)).add(ranked)
            self._payments += [item] if kind == "business" else []
            self.count += 1

    def content(self, *, leftovers: Sequence[Item] = (), still_open: int = 0, notes: Sequence[Note] = ()) -> Content:
        """The digest of all items so far; the arguments are those of `content.compose`."""
        blocks = {kind: self._block(kind) for kind in HEADINGS}
        blocks["business"]["notes"] += money_received(self._payments)
        blocks["desk"]["notes"] += [self._reason(), *notes]
        blocks["leftovers"] = leftover_block(leftovers, still_open, self.now, self.zone, self.runbook)
        return {
            "subject": self._subject(), "count": self.count, "at": iso(self.now), "zone": self.zone,
            "queue": self.queue, "blocks": filled(blocks.values()),
        }  # fmt: skip

    def _block(self, kind: Kind) -> Block:
        rules = sorted((rule for (of, *_), rule in self._rules.items() if of == kind), key=lambda rule: rule.order)
        listed, others = rules[: LISTED[kind]], rules[LISTED[kind] :]
        titles = Counter({rule.name: rule.count for rule in others}).most_common(TITLES)
        rest: Rest = {"count": sum(rule.count for rule in others), "titles": [list(pair) for pair in titles]}
        return {
            "kind": kind,
            "lines": [rule.as_line() for rule in listed],
            "notes": [],
            "rest": rest if others else None,
        }

    def _reason(self) -> Note:
        text = f"More than {counted(self.limit, 'digest')} a minute were due, so this one has a line for each rule."
        return {"text": text, "link": ""}

    def _subject(self) -> str:
        first = min(self._rules.values(), key=lambda rule: rule.order)
        return f"{counted(self.count, 'item')} of {counted(len(self._rules), 'rule')}: {first.as_line()['title']}"


def _name(item: Item, ranked: Line) -> str:
    """The rule of *item*: its `alertname`, which every alert has that opos can read."""
    try:
        return one_line(item["labels"]["alertname"])
    except (KeyError, TypeError):
        return ranked["title"]
