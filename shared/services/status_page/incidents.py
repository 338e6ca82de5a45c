"""Declares public incidents and maintenance windows, and reads those that the page lists."""

from collections.abc import Callable

from shared.context import Context
from shared.errors import NotFound
from shared.events import iso
from shared.ports import Doc
from shared.status_page.incident import IncidentDoc, as_incident, writes

MOST = 50
"""How many incidents and maintenance windows are read: those that are listed longest come first, so all open ones."""


def listed(context: Context) -> list[Doc]:
    """What the page lists: all that is open or planned, then what ended last."""
    where = [("shown_until", ">", iso(context.now))]
    return list(
        context.store.query("public_incidents", where=where, order_by="shown_until", descending=True, limit=MOST)  # type: ignore[arg-type]
    )


def declare(incident: IncidentDoc, context: Context, *, by: str) -> str:
    """The id of *incident*, which is new."""
    id = context.new_id()
    context.store.commit(writes(id, incident, None, by=by))
    return id


def change(id: str, becomes: Callable[[IncidentDoc], IncidentDoc], context: Context, *, by: str) -> IncidentDoc:
    """What *becomes* of an incident, stored. Raises NotFound, Conflict, and what *becomes* raises."""
    doc = context.store.get(f"public_incidents/{id}")
    if doc is None:
        raise NotFound(f"There is no public incident {id}.")
    incident = becomes(as_incident(doc.data))
    context.store.commit(writes(id, incident, doc, by=by))
    return incident
