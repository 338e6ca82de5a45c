"""What changes in a restored data file before a bundle runs on it.

A restored bundle goes on as if it had been stopped since the backup, with three exceptions. A message that was on its
way has probably arrived since, so opos does not send it again on its own. Timers keep the time that they had left, or
else every alert that was open then would notify you at once, and every heartbeat would count as missed. And every
session of the console ends, because it may have been revoked since.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.ports import Delete, Doc, Store, Update
from shared.services.health.checks.pipeline import SWEEP
from shared.services.outbox.message import MessageChange
from shared.values.timestamps import iso

MESSAGES = ("outbox", "digests")
TIMERS = {"groups": "due_at", "alerts": "calls_at", "heartbeats": "since"}
"""The field of each collection that holds a time at which opos acts, or from which it derives that time."""
_WHY = "on its way when the backup was made, and not sent again by the restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """`as_of` is the last sweep before the backup, None if there was none. `parked` are messages that are not sent."""

    as_of: str | None
    events: int
    parked: list[str]
    timers: int


def settle(store: Store, *, now: datetime) -> Restored:
    """Park the messages of *store* that were on their way, move its timers by the backup's age, end its sessions."""
    sweep = store.get(SWEEP)
    as_of = sweep.data["at"] if sweep else None
    store.commit([Delete(doc.path, doc.version) for doc in store.query("sessions")])
    parked = [doc.path for collection in MESSAGES for doc in _park(store, collection)]
    age = now - datetime.fromisoformat(as_of) if as_of else timedelta()
    timers = sum(_move(store, collection, name, by=max(age, timedelta())) for collection, name in TIMERS.items())
    return Restored(as_of, store.count("events", where=[("day", ">", "")]), parked, timers)


def _park(store: Store, collection: str) -> list[Doc]:
    docs = _timed(store, collection, "due_at")
    park: MessageChange = {"state": "parked", "due_at": None, "last_fault": _WHY}
    store.commit([Update(doc.path, park, doc.version) for doc in docs])
    return docs


def _move(store: Store, collection: str, name: str, *, by: timedelta) -> int:
    docs = _timed(store, collection, name)
    store.commit(
        [Update(doc.path, {name: _later(doc.data[name], by), **_courses(doc, by)}, doc.version) for doc in docs]
    )
    return len(docs)


def _courses(doc: Doc, by: timedelta) -> dict[str, Any]:
    """The places of a group, each of which has a timer of its own."""
    places = doc.data.get("courses") or {}
    later = {key: {**to, "due_at": to["due_at"] and _later(to["due_at"], by)} for key, to in places.items()}
    return {"courses": later} if later else {}


def _later(moment: str, by: timedelta) -> str:
    return iso(datetime.fromisoformat(moment) + by)


def _timed(store: Store, collection: str, name: str) -> list[Doc]:
    return list(store.query(collection, where=[(name, ">", "")], order_by=name))
