"""Events, the newest first."""

from collections.abc import Callable
from datetime import timedelta
from heapq import nlargest

from shared.context import Context
from shared.events import iso
from shared.ports import Condition, Doc, Store
from shared.services.search.filters import Filters
from shared.services.search.listing import Listing, Reader
from shared.services.search.walk import Walk

MOST = 2000
"""How many reads a page costs, at most; each document is one."""
_AHEAD = timedelta(hours=1)
"""How far the clock of the machine that stored an event may be ahead of ours."""
_BACKLOGS: dict[str, list[Condition]] = {
    "accepted": [("state", "==", "accepted")],
    "dead": [("state", "==", "dead")],
    "quarantined": [("quarantine", ">", "")],
}
"""The outcomes that few events have, each with its index."""


def events(filters: Filters, context: Context, limit: int = 50, after: str = "", *, most: int = MOST) -> Listing:
    """The events that match, the newest first. *after* is `more` of the page before. Nobody counts them all.

    A page stops after *most* reads. If it then has less than *limit*, `looked_through` says how many it read, and
    `more` goes on from there. Of an hour with more than MANY events it reads any of them, and says so in the same way.
    """
    reader = Reader(context.store, most)
    if filters.outcome in _BACKLOGS:
        return _backlog(filters, reader, limit, after)
    since = max(filters.since or "", _oldest(context.store))
    until = min(filters.until or "~", after.partition("/")[0] or "~", iso(context.now + _AHEAD))
    walk = Walk("events", filters.event_needles, since, until, reader)
    return page(walk, lambda doc: filters.includes_event(doc.data), limit, after) if since != "~" else Listing([])


def page(walk: Walk, includes: Callable[[Doc], bool], limit: int, after: str) -> Listing:
    """The newest documents of *walk* that it *includes*, behind the place *after*. No more are in memory at a time."""
    rows, is_whole = list[Doc](), True
    for stretch in walk.stretches():
        before = walk.reader.read
        wanted = (doc for doc in stretch.docs if includes(doc) and _is_behind(walk.place(doc), after))
        rows += nlargest(limit + 1 - len(rows), wanted, key=walk.place)
        is_whole = is_whole and walk.reader.read - before < stretch.most
        if len(rows) > limit:
            last = "/".join(walk.place(rows[limit - 1]))
            return Listing(rows[:limit], more=last, looked_through=0 if is_whole else walk.reader.read)
        if walk.reader.is_spent:
            return Listing(rows, more=f"{stretch.reached}/", looked_through=walk.reader.read)
    return Listing(rows, looked_through=0 if is_whole else walk.reader.read)


def _is_behind(place: tuple[str, str], after: str) -> bool:
    time, _, id = after.partition("/")
    return not after or place < (time, id)


def _backlog(filters: Filters, reader: Reader, limit: int, after: str) -> Listing:
    """All events of a backlog are read and sorted, since no index has their time."""
    condition = _BACKLOGS[str(filters.outcome)]
    docs = reader.docs("events", condition, limit=reader.left + 1)
    backlog = Walk("events", (), "", "", reader)
    wanted = (doc for doc in docs if filters.includes_event(doc.data) and _is_behind(backlog.place(doc), after))
    rows = nlargest(limit + 1, wanted, key=backlog.place)
    more = "/".join(backlog.place(rows[limit - 1])) if len(rows) > limit else ""
    return Listing(rows[:limit], more=more, looked_through=reader.read if reader.is_spent else 0)


def _oldest(store: Store) -> str:
    """The day of the oldest event; `~`, after all days, if there is none."""
    oldest = next(iter(store.query("events", order_by="day", limit=1)), None)
    return str(oldest.data["day"]) if oldest else "~"
