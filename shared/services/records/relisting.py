"""Lists the records again that are listed as an earlier form of their kind declared it.

Each record says as which shape of the kind it is listed, so an index finds those that are out of date, and no note of
the progress is needed: what was interrupted goes on with those that are left. Their histories do not change.
"""

from collections.abc import Iterator
from contextlib import suppress

from shared.errors import Conflict
from shared.ports import Condition, Doc, Operator, Update
from shared.ports.indexes import LISTED_AS
from shared.records.body import body_of
from shared.records.derived import derived, shape
from shared.records.kind import Kind, Outdated
from shared.services.records.context import RecordsContext
from shared.telemetry.logger import log as _log

BATCH = 50
SIDES: tuple[Operator, ...] = ("<", ">")
"""The names of other shapes come before that of today, or after it."""


def outdated(kind: Kind, context: RecordsContext) -> bool:
    """Whether lists may show some record in a wrong place, or not at all. Reads up to two documents."""
    return any(_page(kind, side, None, 1, context) for side in SIDES)


def relist(kind: Kind, context: RecordsContext) -> Iterator[int]:
    """List the records of *kind* again that are out of date, batch by batch; yields the size of each.

    A record that no upcaster brings up to date stays as it is, and is logged.
    """
    for side in SIDES:
        after: Doc | None = None
        while page := _page(kind, side, after, BATCH, context):
            after = page[-1]
            if updates := [update for doc in page if (update := _update(kind, doc))]:
                _commit(updates, context)
            yield len(page)


def relist_all(context: RecordsContext) -> Iterator[tuple[Kind, int]]:
    """`relist` for each kind; yields the kind and the size of each batch. Raises CompanyFault."""
    for kind in context.kinds.values():
        for size in relist(kind, context):
            yield kind, size


def _page(kind: Kind, side: Operator, after: Doc | None, limit: int, context: RecordsContext) -> list[Doc]:
    where: list[Condition] = [(LISTED_AS, side, shape(kind))]
    return list(context.store.query(kind.collection, where=where, order_by=LISTED_AS, after=after, limit=limit))


def _update(kind: Kind, doc: Doc) -> Update | None:
    try:
        return Update(doc.path, derived(kind, body_of(doc.data), doc.data["changed_at"]), doc.version)
    except Outdated as fault:
        _log.error("record_not_listed", path=doc.path, error=fault.code)
        return None


def _commit(updates: list[Update], context: RecordsContext) -> None:
    """One that has changed meanwhile was listed by that change, perhaps as before; the next round finds it."""
    try:
        context.store.commit(updates)
    except Conflict:
        for update in updates:
            with suppress(Conflict):
                context.store.commit([update])
