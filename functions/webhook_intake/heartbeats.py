"""Records the pings of jobs."""

from typing import TYPE_CHECKING, Any

from shared.context import Context
from shared.events import iso
from shared.intake.heartbeats import alert_of, due_at
from shared.services.alerting.notification import write
from shared.services.intake.acceptance import announce, keep, own_event

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def record_ping(name: str, heartbeat: "Heartbeat", context: Context) -> None:
    """Record the ping. If the heartbeat was missed before, also accept an event that resolves its alert.

    Raises Conflict if another ping was faster; the request then runs again.
    """
    path = f"heartbeats/{name}"
    known = context.store.get(path)
    missed_at = known.data.get("missed_at") if known else None
    beat = write(path, _beat(name, heartbeat, context), known)
    if not missed_at:
        context.store.commit([beat])
        return
    alert = alert_of(name, heartbeat, iso(context.now), missed=False)
    event = own_event(alert, "heartbeat", delivery_id=f"heartbeat:{name}:heard:{missed_at}", context=context)
    kept = keep(event)
    versions = context.store.commit([beat, kept])
    announce(event, (alert,), versions[kept.path], context)


def _beat(name: str, heartbeat: "Heartbeat", context: Context) -> dict[str, Any]:
    due = due_at(heartbeat, context.now, zone=context.config.timezone)
    return {"name": name, "last_seen": iso(context.now), "due_at": iso(due) if due else None, "missed_at": None}
