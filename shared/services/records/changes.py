"""The changes of a record, read by their numbers, which have no gap."""

from collections.abc import Iterator
from itertools import takewhile

from shared.ports import Doc
from shared.records.change import CHANGES, ChangeDoc, as_change, change_id
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored

_PAGE = 50
"""How many documents are read at a time where the last number is not known: as many at most are read in vain."""


def changes_of(id: str, context: RecordsContext, *, first: int = 1, last: int = 0) -> list[ChangeDoc]:
    """The changes of the record *id* from number *first* to number *last*, in order; all that follow if *last* is 0."""
    return [as_change(doc.data) for doc in change_docs(id, context, first=first, last=last)]


def last_changes(record: Stored, context: RecordsContext, *, limit: int, before: int = 0) -> list[ChangeDoc]:
    """The last changes of *record*, the last one first: those before number *before*, if that is not 0."""
    last = min(before - 1, record.n) if before else record.n
    changes = changes_of(record.id, context, first=max(last - limit + 1, 1), last=last) if last > 0 else []
    return changes[::-1]


def change_docs(id: str, context: RecordsContext, *, first: int = 1, last: int = 0) -> Iterator[Doc]:
    """The documents of `changes_of`."""
    size = last - first + 1 if last else _PAGE
    while size > 0:
        after = Doc(f"{CHANGES}/{change_id(id, first - 1)}", {}, "")
        docs = context.store.query(CHANGES, after=after, limit=size)
        page = list(takewhile(lambda doc: doc.data["record"] == id, docs))
        yield from page
        if last or len(page) < size:
            return
        first += size
