"""A store that counts what Google would bill, and refuses a query that no declared index serves."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.ports import Condition, Delete, Doc, Store, Write
from tests.fakes import serves


@dataclass
class CountingStore:
    """`billed` counts reads, writes and deletes. Source: Firestore documentation, "Understand billing": a read for each
    document of an answer and at least one for each query; for a count one for each thousand index entries.
    """

    store: Store
    billed: Counter[str] = field(default_factory=Counter)
    queries: set[tuple[str, str]] = field(default_factory=set)
    """The collection and field of each query made."""

    def get(self, path: str) -> Doc | None:
        self.billed["reads"] += 1
        return self.store.get(path)

    def query(
        self, collection: str, *, where: Sequence[Condition] = (), order_by: str | None = None, **rest: Any
    ) -> Iterator[Doc]:
        self._note(collection, where, order_by)
        found = list(self.store.query(collection, where=where, order_by=order_by, **rest))
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

    def _note(self, collection: str, where: Sequence[Condition], order_by: str | None) -> None:
        assert serves(collection, where, order_by), f"shared/indexes.py: {collection} by {where}, {order_by}"
        self.queries |= {(collection, name) for name, _, _ in where} | ({(collection, order_by)} if order_by else set())
