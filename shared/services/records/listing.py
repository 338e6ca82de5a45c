"""Lists of records."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from shared.records.kind import Kind
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored


class Listing(NamedTuple):
    records: Sequence[Stored]
    has_more: bool


def listed(
    kind: Kind, context: RecordsContext, *, where: Sequence[tuple[str, Any]] = (), order_by: str = "changed_at",
    descending: bool = True, limit: int, after: Stored | None = None,
) -> Listing:  # fmt: skip
    docs = list(
        context.store.query(
            kind.collection,
            where=[(f"listed.{n}", "==", v) for n, v in where],
            order_by=f"listed.{order_by}",
            descending=descending,
            limit=limit + 1,
            after=after.doc if after else None,
        )
    )
    return Listing([Stored(kind, doc) for doc in docs[:limit]], len(docs) > limit)


def search(kind: Kind, text: str, context: RecordsContext, *, limit: int) -> Listing:
    return Listing([], False)
