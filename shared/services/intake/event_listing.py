"""Events, the newest first, read day by day, because no index has their times (docs/architecture.md)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from heapq import nlargest
from typing import Any

from shared.context import Context
from shared.events import day, iso
from shared.ports import Condition, Doc, Store

OUTCOMES = ("accepted", "notified", "held", "digest", "recorded", "quarantined", "repeat", "dead")
"""What became of an event. `accepted`: the router has not handled it yet; `dead`: it failed to."""
MOST = 2000
"""How many reads a page costs, at most: an event is one, and so is a day without any."""
_VERDICTS = {"page": "notified", "hold": "held", "digest": "digest"}
_AHEAD = timedelta(hours=1)
"""How far the clock of the machine that stored an event may be ahead of ours."""
_BACKLOGS: dict[str, list[Condition]] = {
    "accepted": [("state", "==", "accepted")],
    "dead": [("state", "==", "dead")],
    "quarantined": [("quarantine", ">", "")],
}
"""The outcomes that few events have, each with its index."""


@dataclass(frozen=True, slots=True)
class EventFilters:
    """All of these must apply; None and empty apply to everything. `type` may have `*`; the times are stored ones."""

    words: tuple[str, ...] = ()
    source: str | None = None
    type: str | None = None
    outcome: str | None = None
    since: str | None = None
    until: str | None = None

    def includes(self, data: Mapping[str, Any]) -> bool:
        return (
            self.source in {None, data["source"]}
            and (self.type is None or fnmatchcase(data["type"], self.type))
            and (self.outcome is None or self.outcome in outcomes(data))
            and (self.since or "") <= data["received_at"] < (self.until or "~")
            and self._says(data)
        )

    def _says(self, data: Mapping[str, Any]) -> bool:
        text = " ".join(str(data.get(name) or "") for name in ("id", "type", "subject", "source", "delivery_id"))
        return all(word in text.casefold() for word in self.words)


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events. `more`: what to pass as *after* for the next page. `looked_through`: how many events were read,
    if reading stopped at its bound; 0 if the page misses nothing.
    """

    rows: list[Doc]
    more: str = ""
    looked_through: int = 0


def outcomes(data: Mapping[str, Any]) -> set[str]:
    """What became of an event: several, if it has several signals."""
    marks = {"quarantined": data.get("quarantine"), "repeat": data.get("repeats"), "dead": data["state"] == "dead"}
    marked = {name for name, is_marked in marks.items() if is_marked}
    if data["state"] == "accepted":
        return marked | {"accepted"}
    decisions = [decision["path"] for handled in data["handled"].values() for decision in handled["decisions"]]
    verdicts = {_VERDICTS.get(path, "recorded") for path in decisions}
    return marked | (verdicts or ({"recorded"} if data["state"] == "handled" else set()))


def events(filters: EventFilters, context: Context, limit: int = 50, after: str = "", *, most: int = MOST) -> EventPage:
    """The events that match, the newest first. *after* is `more` of the page before.

    Of a day with more than *most* events, any of them are read, because ids are hashes.
    """
    rows, read = list[Doc](), 0
    for reached, part in _parts(filters, context, after, most):
        docs = [doc for _, doc in zip(range(most - read), part, strict=False)]
        read += max(1, len(docs))
        wanted = (doc for doc in docs if filters.includes(doc.data) and (not after or _place(doc) < after))
        rows = nlargest(limit + 1, [*rows, *wanted], key=_place)
        if len(rows) > limit:
            return EventPage(rows[:limit], _place(rows[limit - 1]), read if read >= most else 0)
        if read >= most:
            return EventPage(rows, reached, read)
    return EventPage(rows)


def _parts(filters: EventFilters, context: Context, after: str, most: int) -> Iterator[tuple[str, Iterator[Doc]]]:
    """The events that may match, part by part, each with the place that is reached when it is read."""
    store = context.store
    if filters.outcome in _BACKLOGS:
        where = _BACKLOGS[filters.outcome]
        order = where[0][0] if where[0][1] == ">" else None
        yield "", store.query("events", where=where, order_by=order, limit=most)
        return
    until = min(filters.until or "~", after or "~", iso(context.now + _AHEAD))
    yield from _days_back(store, filters.since or "", until, most)


def _days_back(store: Store, since: str, until: str, most: int) -> Iterator[tuple[str, Iterator[Doc]]]:
    """The events of each day, the last day first, back to the day of *since* or of the oldest event."""
    oldest = next(iter(store.query("events", order_by="day", limit=1)), None)
    date = datetime.fromisoformat(until[:10]).replace(tzinfo=UTC)
    first = max(since[:10], oldest.data["day"] if oldest else "~")
    while day(date) >= first:
        yield day(date), store.query("events", where=[("day", "==", day(date))], limit=most)
        date -= timedelta(days=1)


def _place(doc: Doc) -> str:
    return f"{doc.data['received_at']}/{doc.id}"
