"""Watches the heartbeats: a ping that does not arrive in time raises an alert, which the next ping resolves."""

from contextlib import suppress

from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.intake.heartbeats import due_at, is_scheduled, missed_alert
from shared.ports import Create, Doc, Update
from shared.services.health.context import HealthContext
from shared.services.intake.acceptance import announce, keep, own_event


def expect_all(context: HealthContext) -> None:
    """Start to wait for the first ping of every configured heartbeat that has never pinged.

    A cron heartbeat waits for a time of its cron line again if a restore, or a step of the clock, has moved it off.

    Where the store is no file, `opos backup` has nothing to do, and nobody waits for it.
    """
    for name, heartbeat in context.config.heartbeats.items():
        due = due_at(heartbeat, context.now, zone=context.config.timezone)
        if heartbeat.backup and not context.has_data_file:
            continue
        if due is None:
            continue
        known, change = context.store.get(f"heartbeats/{name}"), {"due_at": iso(due)}
        with suppress(AlreadyExists, Conflict):
            if known is None:
                content = {"name": name, "last_seen": None, "missed_at": None, **change}
                context.store.commit([Create(f"heartbeats/{name}", content)])
            elif known.data["due_at"] and not is_scheduled(known.data["due_at"], heartbeat, context.config.timezone):
                context.store.commit([Update(known.path, change, known.version)])


def miss_due(context: Context) -> None:
    """Raise the alerts of all heartbeats whose ping is overdue."""
    for doc in list(context.store.query("heartbeats", where=[("due_at", "<=", iso(context.now))], order_by="due_at")):
        _miss(doc, context)


def _miss(doc: Doc, context: Context) -> None:
    """Raise the alert; a heartbeat that is no longer configured is only taken off the schedule."""
    changes = {"due_at": None, "missed_at": iso(context.now)}
    heartbeat = context.config.heartbeats.get(doc.id)
    if heartbeat is None:
        context.store.commit([Update(doc.path, {**changes, "missed_at": None}, doc.version)])
        return
    alert = missed_alert(
        doc.id, heartbeat, doc.data["last_seen"], now=context.now, zone=context.config.timezone
    )  # fmt: skip
    event = own_event(
        alert, "heartbeat", delivery_id=f"heartbeat:{doc.id}:missed:{doc.data['due_at']}", context=context
    )
    kept = keep(event)
    try:
        versions = context.store.commit([Update(doc.path, changes, doc.version), kept])
    except (Conflict, AlreadyExists):
        return  # It has pinged, or another sweep was faster.
    announce(event, (alert,), versions[kept.path], context)
