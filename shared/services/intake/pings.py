"""Records the pings of heartbeats."""

from typing import TYPE_CHECKING, Any

from shared.context import Context
from shared.events import iso
from shared.intake.heartbeats import due_at, pinged_alert
from shared.ports import create_or_update
from shared.services.intake.acceptance import announce, keep, own_event

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def record_ping(name: str, heartbeat: "Heartbeat", context: Context) -> None:
    """Store the ping; if the heartbeat was missed, resolve its alert with an event.

    Raises Conflict if another ping was faster; the request then runs again.
    """
    path = f"heartbeats/{name}"
    known = context.store.get(path)
    missed_at = known.data.get("missed_at") if known else None
    ping = create_or_update(path, _content(name, heartbeat, context), known)
    if known is None or not missed_at:
        context.store.commit([ping])
        return
    alert = pinged_alert(
        name, heartbeat, known.data.get("last_seen"), now=context.now, zone=context.config.timezone
    )  # fmt: skip
    event = own_event(alert, "heartbeat", delivery_id=f"heartbeat:{name}:heard:{missed_at}", context=context)
    kept = keep(event)
    versions = context.store.commit([ping, kept])
    announce(event, (alert,), versions[kept.path], context)


def _content(name: str, heartbeat: "Heartbeat", context: Context) -> dict[str, Any]:
    due = due_at(heartbeat, context.now, zone=context.config.timezone)
    return {"name": name, "last_seen": iso(context.now), "due_at": iso(due) if due else None, "missed_at": None}
