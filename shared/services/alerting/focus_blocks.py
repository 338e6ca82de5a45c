"""Focus blocks that the operator begins by hand, and their end."""

from collections.abc import Collection
from datetime import datetime

from shared.context import Context
from shared.events import iso
from shared.ports import Condition, Create, Doc, Update
from shared.ports.field_paths import EXPIRY
from shared.services.alerting.silences import KEEP

MOST = 100
"""How many running blocks are read and ended at once: below the 500 writes that Firestore accepts."""


def running(context: Context) -> list[Doc]:
    """The blocks that have not ended, the first to end first; at most MOST."""
    where: list[Condition] = [("ends_at", ">", iso(context.now))]
    return list(context.store.query("focus", where=where, order_by="ends_at", limit=MOST))


def begin(ends_at: datetime, context: Context, *, name: str = "focus") -> dict[str, str]:
    block = {"name": name, "begins_at": iso(context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP)}
    context.store.commit([Create(f"focus/{context.new_id()}", block)])
    return block


def end(context: Context, ids: Collection[str] | None = None) -> list[str]:
    """The ids of the blocks that it ends: all that run, or those of *ids* that still do. Raises Conflict if another
    writer was faster.
    """
    blocks = [doc for doc in running(context) if ids is None or doc.id in ids]
    context.store.commit([Update(doc.path, {"ends_at": iso(context.now)}, doc.version) for doc in blocks])
    return [doc.id for doc in blocks]
