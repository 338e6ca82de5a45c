"""A store that counts what Google would bill, and refuses a query that no declared index serves."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.ports import Condition, Delete, Doc, Store, Write
from shared.ports.indexes import is_of_records
from tests.support.fakes import serves


@dataclass
class CountingStore:
    """`billed` counts reads, writes and deletes. Source: Firestore documentation, "Understand billing": a read for each
    document of an answer and at least one for each query; for a count one for each thousand index entries.
    """

    store: Store
    billed: Counter[str] = field(default_factory=Counter)
    queries: set[tuple[str, str]] = field(default_factory=set)
    """The collection and field of each query made."""
    backwards: set[tuple[str, str]] = field(default_factory=set)
    """Of those that asked for the newest first."""

    def get(self, path: str) -> Doc | None:
        self.billed["reads"] += 1
        return self.store.get(path)

    def query(
        self, collection: str, *, where: Sequence[Condition] = (), order_by: str | None = None,
        descending: bool = False, **rest: Any,
    ) -> Iterator[Doc]:  # fmt: skip
        self._note(collection, where, order_by, descending=descending)
        found = list(self.store.query(collection, where=where, order_by=order_by, descending=descending, **rest))
        self.billed["reads"] += max(1, len(found))
        return iter(found)

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        self._note(collection, where, None)
        found = self.store.count(collection, where=where)
        self.billed["reads"] += max(1, math.ceil(found / 1000))
        return found

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        versions = self.store.commit(writes)
        for write in writes:
            self.billed["deletes" if isinstance(write, Delete) else "writes"] += 1
        return versions

    def _note(
        self, collection: str, where: Sequence[Condition], order_by: str | None, *, descending: bool = False
    ) -> None:
        served = serves(collection, where, order_by, descending=descending)
        assert served, f"shared/ports/indexes.py: {collection} by {where}, {order_by}"
        if is_of_records(collection):
            return
        asked = {(collection, name) for name, _, _ in where} | ({(collection, order_by)} if order_by else set())
        self.queries |= asked
        self.backwards |= asked if descending else set()
