"""Records the pings of heartbeats, and what becomes of a heartbeat."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from shared.context import Context
from shared.events import Event
from shared.intake.heartbeat_alerts import Situation, Spoken, spoken
from shared.intake.heartbeats import Beat, new_beat, with_due
from shared.intake.pings import Ping, pinged
from shared.ports import Doc, Write, create_or_update
from shared.services.intake.acceptance import announce, keep, own_event
from shared.services.intake.ping_log import log_ping

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def record_ping(name: str, heartbeat: "Heartbeat", ping: Ping, context: Context) -> None:
    """Store *ping* and what it changes; an event says that the heartbeat failed, or pings again.

    Raises Conflict if another ping was faster; the request then runs again.
    """
    known, zone = context.store.get(f"heartbeats/{name}"), context.config.timezone
    before = beat_of(name, known)
    after = with_due(pinged(before, ping, context.now), heartbeat, zone=zone)
    writes = [create_or_update(f"heartbeats/{name}", after, known), log_ping(after, ping, context.now)]
    commit_spoken(writes, spoken(before, after, Situation(heartbeat, context.now, zone), ping), context)


def beats(context: Context) -> dict[str, Beat]:
    """Every heartbeat of opos.yaml by its name, read at once: the sweep forgets all others."""
    docs = {doc.id: doc for doc in context.store.query("heartbeats")} if context.config.heartbeats else {}
    return {name: beat_of(name, docs.get(name)) for name in context.config.heartbeats}


def beat_of(name: str, doc: Doc | None) -> Beat:
    return cast("Beat", doc.data) if doc else new_beat(name)


def commit_spoken(writes: Sequence[Write], said: Iterable[Spoken], context: Context) -> None:
    """Commit *writes* together with an event for each alert in *said*, then publish the events."""
    raised = [(_event(change, context), change.alert) for change in said]
    kept = [keep(event, (alert,)) for event, alert in raised]
    versions = context.store.commit([*writes, *kept])
    for (event, alert), create in zip(raised, kept, strict=True):
        announce(event, (alert,), versions[create.path], context)


def _event(change: Spoken, context: Context) -> Event:
    return own_event(change.alert, "heartbeat", delivery_id=f"heartbeat:{change.id}", context=context)
