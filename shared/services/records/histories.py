"""All changes of the store, record by record: each history whole and in order, read page by page."""

from collections.abc import Iterator
from itertools import groupby

from shared.ports import Doc, Store
from shared.records.change import CHANGES, ChangeDoc, as_change
from shared.services.records.context import RecordsContext

PAGE = 500


def documents(store: Store, collection: str) -> Iterator[Doc]:
    """The documents of *collection* by id. Other writers may go on, as no page holds the store for long."""
    last: Doc | None = None
    while page := list(store.query(collection, after=last, limit=PAGE)):
        yield from page
        last = page[-1]


def histories(context: RecordsContext) -> Iterator[list[ChangeDoc]]:
    """The changes of each record, by the ids of the records."""
    changes = (as_change(doc.data) for doc in documents(context.store, CHANGES))
    for _, history in groupby(changes, key=lambda change: change["record"]):
        yield list(history)
