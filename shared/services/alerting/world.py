"""The world of a situation, as the store knows it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.focus import Period
from shared.alerting.groups import GroupDoc, as_group, is_unanswered
from shared.alerting.silences import Silence
from shared.events import iso
from shared.ports import Doc, Store

MEMBERS = 500
"""How many alerts of a group are read: enough to see whether any waits for an answer."""

LATE = timedelta(minutes=1)
"""A message may have been created that long before the commit that made it: a worker's time is that of its start."""


class StoreWorld:
    """What else is going on at *now*. It keeps the group documents that it has read, for the writes that follow."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now
        self.groups: dict[str, Doc | None] = {}
        self.pages_committed = 0
        """How many commits with pages have been made in this world."""

    def silences(self) -> Sequence[Silence]:
        docs = self._store.query("silences", where=[("ends_at", ">", iso(self._now))], order_by="ends_at")
        return [Silence.from_doc(doc.id, doc.data) for doc in docs]

    def inhibitors(self) -> Sequence[AlertDoc]:
        return [as_alert(doc.data) for doc in self._store.query("alerts", where=[("inhibits", "==", True)])]

    def group(self, id: str) -> GroupDoc | None:
        if id not in self.groups:
            self.groups[id] = self._store.get(f"groups/{id}")
        doc = self.groups[id]
        return as_group(doc.data) if doc else None

    def is_unanswered(self, group: str, is_muted: Callable[[AlertDoc], bool]) -> bool:
        docs = self._store.query("alerts", where=[("group", "==", group)], limit=MEMBERS)
        return any(is_unanswered(alert) and not is_muted(alert) for alert in (as_alert(doc.data) for doc in docs))

    def focus_blocks(self) -> Sequence[Period]:
        return focus_blocks(self._now, self._store)

    def notifications_since(self, start: datetime) -> int:
        latest = self._latest
        if latest is None or latest.data["created_at"] <= iso(start - LATE):
            return 0
        return self._store.count("outbox", where=[("created_at", ">", iso(start))])

    @property
    def turn(self) -> int:
        """The number of the next commit with pages. It was read before the notifications were counted."""
        return (self._latest.data["turn"] if self._latest else 0) + 1 + self.pages_committed

    @cached_property
    def _latest(self) -> Doc | None:
        return next(self._store.query("outbox", order_by="turn", descending=True, limit=1), None)


def focus_blocks(since: datetime, store: Store) -> list[Period]:
    """The focus blocks declared once that had not ended at *since*."""
    docs = store.query("focus", where=[("ends_at", ">", iso(since))], order_by="ends_at")
    time = datetime.fromisoformat
    return [Period(doc.data["name"], time(doc.data["begins_at"]), time(doc.data["ends_at"])) for doc in docs]
