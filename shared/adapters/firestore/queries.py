"""Queries of the Store port as Firestore's structured queries. Source: `google/firestore/v1/query.proto`."""

from collections.abc import Sequence
from typing import Any

from google.cloud.firestore_v1.types import query

from shared.adapters.firestore.values import Value, encode
from shared.ports import Condition, Doc
from shared.ports.field_paths import field
from shared.ports.indexes import is_of_records, then_by

StructuredQuery = query.StructuredQuery.pb()
_Cursor = query.Cursor.pb()
_Filter, _Order = StructuredQuery.Filter, StructuredQuery.Order
_OPERATORS = {
    "==": StructuredQuery.FieldFilter.EQUAL,
    "<": StructuredQuery.FieldFilter.LESS_THAN,
    "<=": StructuredQuery.FieldFilter.LESS_THAN_OR_EQUAL,
    ">": StructuredQuery.FieldFilter.GREATER_THAN,
    ">=": StructuredQuery.FieldFilter.GREATER_THAN_OR_EQUAL,
    "contains": StructuredQuery.FieldFilter.ARRAY_CONTAINS,
}
_NAME = "__name__"


def structured(
    collection: str,
    *,
    where: Sequence[Condition],
    order_by: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    after: Doc | None = None,
    documents: str = "",
    ordered: bool = True,
) -> Any:
    """The query. *documents* is the root name of all documents, for the cursor. A count needs no order.

    A record either has all fields that order a list, and texts in them, or none.
    """
    filters = [_condition(condition) for condition in where]
    if order_by and order_by not in {name for name, _, _ in where} and not is_of_records(collection):
        filters.append(_not_null(order_by))
    request = StructuredQuery()
    request.from_.add(collection_id=collection)
    if filters:
        request.where.CopyFrom(_all(filters))
    for name in _order(collection, order_by) if ordered else []:
        direction = StructuredQuery.DESCENDING if descending else StructuredQuery.ASCENDING
        request.order_by.append(_Order(field={"field_path": name}, direction=direction))
    if limit is not None:
        request.limit.value = limit
    if after is not None:
        request.start_at.CopyFrom(_behind(after, _order(collection, order_by), documents))
    return request


def _order(collection: str, order_by: str | None) -> list[str]:
    return [name for name in (order_by, then_by(collection, order_by), _NAME) if name]


def _behind(doc: Doc, order: Sequence[str], documents: str) -> Any:
    values = [encode(field(doc.data, name)) for name in order[:-1]]
    return _Cursor(values=[*values, Value(reference_value=f"{documents}/{doc.path}")], before=False)


def _all(filters: list[Any]) -> Any:
    if len(filters) == 1:
        return filters[0]
    return _Filter(composite_filter={"op": StructuredQuery.CompositeFilter.AND, "filters": filters})


def _condition(condition: Condition) -> Any:
    name, operator, value = condition
    content = {"field": {"field_path": name}, "op": _OPERATORS[operator], "value": encode(value)}
    return _Filter(field_filter=content)


def _not_null(name: str) -> Any:
    return _Filter(unary_filter={"field": {"field_path": name}, "op": StructuredQuery.UnaryFilter.IS_NOT_NULL})
