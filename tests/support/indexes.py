"""Which queries the declared indexes answer."""

from collections.abc import Sequence

from shared.ports import Condition
from shared.ports.indexes import CHANGED, INDEXES, LEADS_TO, LISTED_AS, NEWEST_FIRST, WORDS


def is_served(collection: str, fields: Sequence[str], order_by: str | None, *, descending: bool = False) -> bool:
    """Whether an index answers a query with conditions on *fields*, ordered by *order_by*."""
    queried = {*fields, *([order_by] if order_by else [])}
    declared = NEWEST_FIRST if descending else INDEXES
    return (not queried and not descending) or (len(queried) == 1 and (collection, *queried) in declared)


def serves_records(where: Sequence[Condition], order_by: str | None) -> bool:
    """Whether the indexes of a kind, if it lists all fields that are asked for, answer a query of its records."""
    values = [name for name, operator, _ in where if operator in {"==", "contains"}]
    if values in ([LEADS_TO], [WORDS]):
        return order_by is None
    fields = {*values, *([order_by] if order_by else [])}
    if not all(name.startswith("listed.") or name == LISTED_AS for name in fields):
        return False
    if any(operator == "contains" for _, operator, _ in where):
        return len(where) == 1 and order_by == CHANGED
    return order_by == CHANGED if values else all(name == order_by for name, _, _ in where)
