"""Goes back in time through events or closed alerts, with queries that are each answered by the index of one field.

A month is read by the rarest word if that finds few documents in it, else day by day, and a day with many events hour
by hour. So the newest are read first, and hardly more of them than a page shows, however many there are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.ports import Condition, Doc
from shared.ports.terms import term
from shared.services.search.listing import Reader

FEW = 300
"""How many documents are read together, at most, if they could also be read in smaller parts."""
MANY = 2000
"""How many documents of the smallest part are read, at most: any, since ids are hashes."""
_TIMES = {"events": "received_at", "alerts": "last_seen"}
"""The time by which the terms of a collection are in buckets."""


class Stretch(NamedTuple):
    """The documents of a stretch of time, in no order; those before `reached` come later."""

    docs: Iterable[Doc]
    reached: str
    most: int = MANY + 1
    """If so many documents were read, the stretch may have others."""


@dataclass(frozen=True, slots=True)
class Walk:
    """From before *until* back to *since*, stored times or beginnings of these. Documents without one of *needles* may
    be left out.
    """

    collection: str
    needles: Sequence[str]
    since: str
    until: str
    reader: Reader

    def stretches(self) -> Iterator[Stretch]:
        for month in _months_back(self.until, self.since):
            yield from self._month(month)

    def place(self, doc: Doc) -> tuple[str, str]:
        return str(doc.data.get(_TIMES[self.collection]) or ""), doc.id

    def _month(self, month: str) -> Iterator[Stretch]:
        if self.needles:
            condition, count = self._rarest(month)
        else:
            condition, count = self._whole_month(month)
        if condition and count <= FEW:
            yield Stretch(self.reader.docs(self.collection, condition, limit=FEW + 1) if count else [], month)
            return
        for day in _days_back(month, self.until, self.since):
            yield from self._day(day)

    def _rarest(self, month: str) -> tuple[Sequence[Condition], int]:
        """The first needle that finds few documents in *month*, and how many; the last if all find many."""
        condition, count = list[Condition](), 0
        for word in self.needles:
            condition = [("terms", "contains", term(word, month))]
            count = self.reader.count(self.collection, condition)
            if count <= FEW:
                break
        return condition, count

    def _whole_month(self, month: str) -> tuple[Sequence[Condition], int]:
        """All of a *month*. Closed alerts are not indexed by it."""
        if self.collection != "events":
            return [], 0
        condition: list[Condition] = [("day", ">=", month), ("day", "<", f"{month}~")]
        return condition, self.reader.count("events", condition)

    def _day(self, day: str) -> Iterator[Stretch]:
        if self.collection != "events":
            yield self._part(day, [("terms", "contains", term("", day))])
            return
        condition: list[Condition] = [("day", "==", day)]
        count = self.reader.count("events", condition)
        if count <= FEW:
            yield self._part(day, condition) if count else Stretch([], day)
            return
        for hour in (f"{day}T{number:02}" for number in reversed(range(24))):
            if self.since[:13] <= hour < self.until:
                yield self._part(hour, [("terms", "contains", term("", hour))])

    def _part(self, bucket: str, condition: Sequence[Condition]) -> Stretch:
        return Stretch(self.reader.docs(self.collection, condition, limit=MANY), bucket, MANY)


def _months_back(until: str, since: str) -> Iterator[str]:
    month = until[:7]
    while month >= since[:7]:
        if month < until:
            yield month
        month = (datetime.fromisoformat(f"{month}-01") - timedelta(days=1)).strftime("%Y-%m")


def _days_back(month: str, until: str, since: str) -> Iterator[str]:
    days = (f"{month}-{number:02}" for number in reversed(range(1, 32)))
    return (day for day in days if since[:10] <= day < until)
