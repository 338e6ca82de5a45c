"""Focus blocks that the operator begins by hand, and their end."""

from datetime import datetime

from shared.context import Context
from shared.events import iso
from shared.ports import Create, Doc, Update
from shared.ports.field_paths import EXPIRY
from shared.services.alerting.silences import KEEP


def running(context: Context) -> list[Doc]:
    """The blocks that have not ended, the first to end first."""
    return list(context.store.query("focus", where=[("ends_at", ">", iso(context.now))], order_by="ends_at"))


def begin(ends_at: datetime, context: Context, *, name: str = "focus") -> dict[str, str]:
    block = {"name": name, "begins_at": iso(context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP)}
    context.store.commit([Create(f"focus/{context.new_id()}", block)])
    return block


def end_all(context: Context) -> list[str]:
    """The ids of the blocks that it ends. Raises Conflict if another writer was faster."""
    blocks = running(context)
    context.store.commit([Update(doc.path, {"ends_at": iso(context.now)}, doc.version) for doc in blocks])
    return [doc.id for doc in blocks]
