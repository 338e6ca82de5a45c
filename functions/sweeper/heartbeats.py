"""The dead-man's switch: a job that did not say in time that it lives is an alert; its next ping closes it."""

from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.intake.heartbeats import alert_of, due_at
from shared.ports import Create, Doc, Update
from shared.services.intake.acceptance import announce, keep, own_event


def expect_all(context: Context) -> None:
    """Begin to wait for the first ping of every heartbeat that is declared and has never been heard of."""
    for name, heartbeat in context.config.heartbeats.items():
        due = due_at(heartbeat, context.now, zone=context.config.timezone)
        if due and context.store.get(f"heartbeats/{name}") is None:
            content = {"name": name, "last_seen": None, "due_at": iso(due), "missed_at": None}
            try:
                context.store.commit([Create(f"heartbeats/{name}", content)])
            except AlreadyExists:
                continue


def miss_due(context: Context) -> None:
    for doc in list(context.store.query("heartbeats", where=[("due_at", "<=", iso(context.now))], order_by="due_at")):
        _miss(doc, context)


def _miss(doc: Doc, context: Context) -> None:
    """One that is not declared any more is not waited for either."""
    changes = {"due_at": None, "missed_at": iso(context.now)}
    heartbeat = context.config.heartbeats.get(doc.id)
    if heartbeat is None:
        context.store.commit([Update(doc.path, {**changes, "missed_at": None}, doc.version)])
        return
    alert = alert_of(doc.id, heartbeat, doc.data["last_seen"])
    event = own_event(
        alert, "heartbeat", delivery_id=f"heartbeat:{doc.id}:missed:{doc.data['due_at']}", context=context
    )
    kept = keep(event)
    try:
        versions = context.store.commit([Update(doc.path, changes, doc.version), kept])
    except (Conflict, AlreadyExists):
        return  # It was heard of, or another sweep was quicker.
    announce(event, (alert,), versions[kept.path], context)
