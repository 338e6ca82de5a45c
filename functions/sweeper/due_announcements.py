"""Changes of records whose announcement did not reach the bus."""

from functions.sweeper.recovery import BATCH, recover_each
from shared.context import Context
from shared.events import iso
from shared.records.change import CHANGES
from shared.services.records.announcements import announce


def announce_changes(context: Context) -> None:
    """Announce again each change that is due. An announcement that fails again stays due."""
    due = context.store.query(CHANGES, where=[("due_at", "<=", iso(context.now))], order_by="due_at", limit=BATCH)
    recover_each(list(due), lambda doc: announce(doc, context))
