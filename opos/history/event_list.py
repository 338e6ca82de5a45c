"""The latest events, newest first, each as one line.

No index orders events by time, because it would limit how many a second the store accepts (docs/architecture.md). So a
list reads whole days, the last one first, until it has enough; the backlogs (accepted, dead, quarantined) have indexes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from heapq import nlargest
from itertools import islice
from typing import Any, Literal, get_args

from opos.terminal.times import OperatorClock
from shared.events import day, iso
from shared.ports import Condition, Doc, Store
from shared.values.text import one_line

State = Literal["accepted", "handled", "dead", "quarantined", "repeat"]
STATES: tuple[str, ...] = get_args(State)
MOST = 20_000
"""How many events a list reads at most, so that a day with a million of them costs neither minutes nor money.

Of a day that has more, these are a random sample, because ids are hashes: it has some of the newest, not all.
"""
AGE = timedelta(days=7)
"""How far back a list goes unless you say otherwise."""
_AHEAD = timedelta(hours=1)
"""How far the clock of the machine that stored an event may be ahead of ours."""
_BACKLOGS: dict[str, tuple[Condition, str | None]] = {
    "accepted": (("state", "==", "accepted"), None),
    "dead": (("state", "==", "dead"), None),
    "quarantined": (("quarantine", ">", ""), "quarantine"),
}
"""The states with an index of their own: the condition, and the field that it orders by."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events to list. *type* may have `*`; without *since*, a backlog is listed whole, and all else for AGE."""

    source: str | None = None
    type: str | None = None
    state: str | None = None
    since: datetime | None = None

    def includes(self, doc: Doc) -> bool:
        data = doc.data
        return (
            self.source in {None, data["source"]}
            and (self.type is None or fnmatchcase(data["type"], self.type))
            and (self.state is None or self.state in _states(data))
            and (self.since is None or data["received_at"] >= iso(self.since))
        )


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest events of a selection. `is_whole`: every event that could be among them was read."""

    docs: list[Doc]
    is_whole: bool


def latest(store: Store, selection: Selection, now: datetime, *, limit: int, most: int = MOST) -> Latest:
    """The newest *limit* events of *selection*, after at most *most* reads."""
    if selection.state in _BACKLOGS:
        condition, order = _BACKLOGS[selection.state]
        parts = iter([store.query("events", where=[condition], order_by=order, limit=most + 1)])
    else:
        since = selection.since or now - AGE
        selection = replace(selection, since=since)
        parts = _days_back(store, since, now, most + 1)
    newest: list[Doc] = []
    read = 0
    for part in parts:
        docs = list(islice(part, most + 1 - read))
        read += len(docs)
        newest = nlargest(limit, [*newest, *filter(selection.includes, docs)], key=_received)
        if len(newest) == limit or read > most:
            break
    return Latest(newest, read <= most)


def entry(doc: Doc) -> dict[str, Any]:
    """What a list shows of an event. `verdicts` are those on its signals, each once."""
    data = doc.data
    decisions = [decision for handled in data["handled"].values() for decision in handled["decisions"]]
    return {
        **{name: data[name] for name in ("id", "received_at", "source", "type", "subject", "state")},
        "quarantine": data["quarantine"] or None,
        "repeats": data.get("repeats") or None,
        "verdicts": list(dict.fromkeys(decision["path"] for decision in decisions)),
    }


def line(event: dict[str, Any], clock: OperatorClock, width: int = 0) -> str:
    """*event* on one line, with its time in *width* columns."""
    said = one_line(event["subject"], 80)
    subject = f": {said}" if said and said != event["type"] else ""
    name = f"{event['source']} {one_line(event['type'], 60)}"
    return f"{clock.time(event['received_at']):<{width}}  {event['id'][:8]}  {_mark(event):<11}  {name}{subject}"


def width(events: Sequence[dict[str, Any]], clock: OperatorClock) -> int:
    """The columns that the times of *events* need."""
    return max((len(clock.time(event["received_at"])) for event in events), default=0)


def _mark(event: dict[str, Any]) -> str:
    """What became of the event in a word or two: its verdicts, unless something keeps it from having any."""
    if event["state"] == "dead" or event["quarantine"]:
        return "dead" if event["state"] == "dead" else "quarantined"
    if event["state"] == "accepted":
        return "accepted"
    return ", ".join([*(["repeat"] if event["repeats"] else []), *(event["verdicts"] or ["record"])])


def _states(data: dict[str, Any]) -> set[str]:
    marks = {"quarantined": data["quarantine"], "repeat": data.get("repeats")}
    return {data["state"], *(name for name, is_marked in marks.items() if is_marked)}


def _days_back(store: Store, since: datetime, now: datetime, most: int) -> Iterator[Iterator[Doc]]:
    """The events of each day, the last day first, back to the day of *since* or of the oldest event."""
    oldest = next(iter(store.query("events", order_by="day", limit=1)), None)
    date = now + _AHEAD
    while oldest is not None and day(date) >= max(day(since), oldest.data["day"]):
        yield store.query("events", where=[("day", "==", day(date))], limit=most)
        date -= timedelta(days=1)


def _received(doc: Doc) -> tuple[str, str]:
    return doc.data["received_at"], doc.id
