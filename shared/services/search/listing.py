"""A page of a list, and how much of everything it has seen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.ports import Condition, Doc, Store
from shared.ports.terms import Urgency


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of documents in order.

    `total` counts all that match, on all pages; None: nobody counted them. `more`: what to pass as *after* for the next
    page; empty on the last one. `looked_through`: how many documents were read before the page was full, if reading
    stopped at its bound; 0 if it did not: then the page misses nothing.
    """

    rows: list[Doc]
    counts: Counter[Urgency] = field(default_factory=Counter)
    """Of open alerts; empty if `total` is None."""
    total: int | None = None
    more: str = ""
    looked_through: int = 0

    def count(self, *, state: str | None = None, severity: str | None = None) -> int:
        """How many of the alerts counted have this state and this severity."""
        return sum(
            number
            for urgency, number in self.counts.items()
            if state in {None, urgency.state} and severity in {None, urgency.severity}
        )


@dataclass(slots=True)
class Reader:
    """Reads from *store* until `left`, the reads that may still be made, is used up."""

    store: Store
    left: int
    read: int = 0
    """How many documents were read."""

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def count(self, collection: str, where: Sequence[Condition]) -> int:
        number = self.store.count(collection, where=where)
        self.left -= 1 + number // 1000
        return number

    def docs(self, collection: str, where: Sequence[Condition], *, limit: int) -> Iterator[Doc]:
        """The documents one by one, as events may be large: a list of them need not be in memory."""
        ranged = next((name for name, operator, _ in where if operator not in {"==", "contains"}), None)
        before = self.read
        for doc in self.store.query(collection, where=where, order_by=ranged, limit=limit):
            self.read, self.left = self.read + 1, self.left - 1
            yield doc
        self.left -= self.read == before  # a query that finds nothing costs one read
