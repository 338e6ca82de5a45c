"""Which queries the declared indexes answer."""

from collections.abc import Sequence

from shared.ports.indexes import INDEXES, NEWEST_FIRST


def is_served(collection: str, fields: Sequence[str], order_by: str | None, *, descending: bool = False) -> bool:
    """Whether an index answers a query with conditions on *fields*, ordered by *order_by*."""
    queried = {*fields, *([order_by] if order_by else [])}
    declared = NEWEST_FIRST if descending else INDEXES
    return (not queried and not descending) or (len(queried) == 1 and (collection, *queried) in declared)
