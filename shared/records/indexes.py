"""The indexes that Firestore needs for lists of the records of a kind. SQLite needs to know no kind.

Two for each listed field: one for each direction, of the field and the time of the last change. They order a list by
the field, and filter it by the values of any fields: Firestore merges the indexes of equalities that end alike
(documentation, "Index types", "Take advantage of index merging"). It does not say so for elements of lists.
"""

from collections.abc import Iterable, Iterator, Mapping

from shared.ports.indexes import CHANGED, LEADS_TO, LISTED_AS, WORDS, Composite
from shared.records.derived import listed_fields
from shared.records.kind import Kind

MOST_COMPOSITES = 200
"""In one database (Firestore documentation, "Quotas and limits")."""
ORDERS = ("ASCENDING", "DESCENDING")
SINGLE_FIELDS: Mapping[str, tuple[str, ...]] = {
    CHANGED: ORDERS, LISTED_AS: ("ASCENDING",), LEADS_TO: ("ASCENDING",), WORDS: ("CONTAINS",),
}  # fmt: skip
"""The fields of every kind that have an index of their own, and how it has them."""


def composites(kind: Kind) -> Iterator[Composite]:
    for listed in listed_fields(kind):
        for order in ORDERS:
            first = "CONTAINS" if listed.is_list else order
            yield Composite(kind.collection, f"listed.{listed.name}", first, CHANGED, order)


def all_composites(kinds: Iterable[Kind]) -> list[Composite]:
    return [composite for kind in kinds for composite in composites(kind)]
