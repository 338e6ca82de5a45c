"""The history for a review, read from the store: only alerts that the operator was notified about, to keep it small."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.context import Context
from shared.events import day, iso
from shared.ports import Doc
from shared.review.history import WEEK, History

MOST = 3000
"""How many alerts a review reads: first those that interrupted, then those that a digest listed."""


def read_history(context: Context, until: datetime) -> History:
    """The week before *until*."""
    since, store = until - WEEK, context.store
    pages = [doc.data for doc in _made("outbox", since, until, context)]
    digests = [doc.data for doc in _made("digests", since, until, context) if "content" in doc.data]
    ids = dict.fromkeys([*_ids(pages), *(id for digest in digests for id in digest["members"])])
    docs = (store.get(f"alerts/{id}") for id in islice(ids, MOST))
    alerts = {doc.id: doc.data for doc in docs if doc and doc.data.get("kind") == "alert"}
    before = sum(1 for _ in _made("outbox", since - WEEK, since, context))
    return History(since, until, pages, digests, alerts, _events(since, context), before, max(0, len(ids) - MOST))


def _made(collection: str, since: datetime, until: datetime, context: Context) -> Iterator[Doc]:
    where = [("created_at", ">=", iso(since)), ("created_at", "<", iso(until))]
    return context.store.query(collection, where=where, order_by="created_at")  # type: ignore[arg-type]


def _ids(pages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    return (id for page in pages for id in (page.get("cause") or {}).get("alerts") or [])


def _events(since: datetime, context: Context) -> int:
    """The number of events of the days of the week that began at *since*: of the first one, all, and today's so far."""
    days = [day(since + timedelta(days=n)) for n in range(WEEK.days + 1)]
    return sum(context.store.count("events", where=[("day", "==", date)]) for date in days)
