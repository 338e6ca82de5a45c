"""What changes in a restored data file before a bundle runs on it.

A restored bundle goes on as if it had been stopped since the backup. Two things must not go on: a message that was on
its way then has probably arrived since, and a job that has pinged since has not missed anything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ports import Doc, Store, Update
from shared.services.health.checks.pipeline import SWEEP
from shared.services.outbox.message import MessageChange
from shared.values.timestamps import iso

MESSAGES = ("outbox", "digests")
_WHY = "on its way when the backup was made, and not sent again by the restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """`as_of` is the last sweep before the backup, None if there was none. `parked` are messages that are not sent."""

    as_of: str | None
    events: int
    parked: list[str]
    heartbeats: list[str]


def settle(store: Store, *, now: datetime) -> Restored:
    """Park the messages of *store* that were on their way, and give its heartbeats the time that they had left."""
    sweep = store.get(SWEEP)
    as_of = sweep.data["at"] if sweep else None
    age = now - datetime.fromisoformat(as_of) if as_of else timedelta()
    messages = [doc for collection in MESSAGES for doc in _due(store, collection)]
    heartbeats = _due(store, "heartbeats")
    for doc in messages:
        park: MessageChange = {"state": "parked", "due_at": None, "last_fault": _WHY}
        store.commit([Update(doc.path, park, doc.version)])
    for doc in heartbeats:
        due = datetime.fromisoformat(doc.data["due_at"]) + max(age, timedelta())
        store.commit([Update(doc.path, {"due_at": iso(due)}, doc.version)])
    parked, pinged = [doc.path for doc in messages], [doc.id for doc in heartbeats]
    return Restored(as_of, store.count("events", where=[("day", ">", "")]), parked, pinged)


def _due(store: Store, collection: str) -> list[Doc]:
    return list(store.query(collection, where=[("due_at", ">", "")], order_by="due_at"))
