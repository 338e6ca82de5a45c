"""A record as it was at a moment, from its last state or from its first change, whichever is nearer.

Among N changes it reads about log2(N) to find the moment, and then at most half of them.
"""

from shared.records.body import Body, body_of
from shared.records.change import CHANGES, change_id
from shared.records.history import folded, rewound
from shared.records.kind import Kind
from shared.services.records.changes import changes_of
from shared.services.records.context import RecordsContext


def body_at(kind: Kind, id: str, moment: str, context: RecordsContext) -> Body | None:
    """The body of the record *id* at *moment* (ISO 8601, as `iso` writes it); None before its first change.

    A record that has been merged since then is read as what it was itself.
    """
    doc = context.store.get(f"{kind.collection}/{id}")
    if doc is None:
        return None
    last = int(doc.data["n"])
    if doc.data["changed_at"] <= moment:
        return body_of(doc.data)
    n = _last_before(id, moment, last, context)
    if n <= last // 2:
        return folded(changes_of(id, context, last=n)) if n else None
    later = changes_of(id, context, first=n + 1, last=last)
    return rewound(body_of(doc.data), later)


def _last_before(id: str, moment: str, last: int, context: RecordsContext) -> int:
    """The number of the last change at or before *moment*; the changes of a record are in the order of their times."""
    known, beyond = 0, last
    while beyond - known > 1:
        n = (known + beyond) // 2
        change = context.store.get(f"{CHANGES}/{change_id(id, n)}")
        known, beyond = (n, beyond) if change and change.data["at"] <= moment else (known, n)
    return known
