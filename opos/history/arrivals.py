"""Events as they arrive: each exactly once, in order, from a store that other processes write.

A time cannot say what is new. Two functions store events at the same moment, and the one that received its event first
may commit last: a cursor at the latest `received_at` would pass that event by. So an event is new if it was not in the
store at the check before. The ids of the day's events say that, whatever the clocks of the writers say.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from opos.history.event_list import MOST
from shared.errors import OposError
from shared.events import day
from shared.ports import Doc, Store

LATE = timedelta(hours=1)
"""How late an event may become visible: far longer than a request with its retries, or than clocks differ."""
READS_PER_SECOND = 300
"""The documents that checks read in a second, on average."""
_SHORTEST = timedelta(seconds=1)


class TooMany(OposError):
    """More events than fit in memory with their bodies, from one time on."""

    code = "too_many"


@dataclass
class Arrivals:
    """The events that arrive in *store* after those in `seen`, which has the ids of each day that is still checked.

    Events are never deleted, so a check reads a day only if its number of events has changed. While nothing arrives, a
    check costs one count.
    """

    store: Store
    checked: datetime
    """The time of the last check."""
    seen: dict[str, set[str]] = field(default_factory=dict)
    reads: int = 0
    """How many documents the last check has read."""

    def new(self, now: datetime) -> Iterator[Doc]:
        """The events that were not in the store at the last check, in the order in which opos received them.

        A month of them may not fit in memory, so a check keeps only their ids, and reads each event when its turn
        comes. If it raises, because the store cannot be reached, the next call returns what this one did not.
        """
        self.reads, days = 0, _days(self.checked - LATE, now + LATE)
        for date in days:
            known = self.seen.setdefault(date, set())
            if self.store.count("events", where=[("day", "==", date)]) != len(known):
                yield from self._new_of(date, known)
        self.seen, self.checked = {date: self.seen[date] for date in days}, now

    @property
    def pause(self) -> timedelta:
        """How long to wait for the next check: longer if the last one has read many documents."""
        return max(_SHORTEST, timedelta(seconds=self.reads / READS_PER_SECOND))

    def _new_of(self, date: str, known: set[str]) -> Iterator[Doc]:
        for _, id in sorted(self._arrived(date, known)):
            self.reads += 1
            if doc := self.store.get(f"events/{id}"):
                yield doc
            known.add(id)

    def _arrived(self, date: str, known: set[str]) -> Iterator[tuple[datetime, str]]:
        for doc in self.store.query("events", where=[("day", "==", date)]):
            self.reads += 1
            if doc.id not in known:
                yield _received(doc), doc.id


def arrivals(store: Store, *, now: datetime, since: datetime | None = None) -> Arrivals:
    """The events that arrive from now on, or all that opos received at or after *since*, whose days it reads.

    Raises TooMany if more than MOST have arrived since then, because the first check returns them together.
    """
    begin = since or now
    stream = Arrivals(store, begin)
    stream.seen = {
        date: {
            doc.id for doc in store.query("events", where=[("day", "==", date)]) if not since or _received(doc) < since
        }
        for date in _days(begin - LATE, begin + LATE)
    }
    if since:
        _require_few(stream, now)
    return stream


def _require_few(stream: Arrivals, now: datetime) -> None:
    """A count costs one read for each thousand events, so it comes before the events are read."""
    days = _days(stream.checked - LATE, now + LATE)
    stored = sum(stream.store.count("events", where=[("day", "==", date)]) for date in days)
    waiting = stored - sum(map(len, stream.seen.values()))
    if waiting > MOST:
        expected = f"expected at most {MOST:,} events since {stream.checked.isoformat(timespec='seconds')}"
        raise TooMany(
            f"{expected}, found {waiting:,}", hint="Give a later time, or forward single events by their ids."
        )


def _received(doc: Doc) -> datetime:
    return datetime.fromisoformat(doc.data["received_at"])


def _days(first: datetime, last: datetime) -> list[str]:
    begin = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [day(begin + timedelta(days=number)) for number in range((last - begin).days + 1)]
