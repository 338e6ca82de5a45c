"""Takes a person who was forgotten out of an event that says something of them again."""

from shared.context import Context
from shared.events import as_handling, iso
from shared.ports import Update
from shared.ports.terms import alert_index
from shared.records.forgetting import is_kept
from shared.records.identity import Identity, identity
from shared.records.kind import Kind
from shared.records.observation import Observation
from shared.records.scrubbing import scrubbed_document
from shared.services.records.forgotten_events import forget_event
from shared.telemetry.logger import log as _log


def forget_arrival(event: str, kind: Kind, said: Observation, context: Context) -> None:
    """Empty the *event* that *said* this of a person, and take the person out of the alerts that it has made.

    If the event was not routed yet, the router finds it empty then, and makes alerts that name nobody. Raises Conflict.
    """
    going = [value for name, value in said.values.items() if not is_kept(kind, name)]
    person = identity([said.id], going)
    forget_event(event, person, iso(context.now), context)
    doc = context.store.get(f"events/{event}")
    marks = as_handling(doc.data)["handled"].values() if doc else ()
    for id in {decision["alert"] for mark in marks for decision in mark["decisions"] if "alert" in decision}:
        _scrub(id, person, context)
    _log.info("event_forgotten", event_id=event, source=said.system)


def _scrub(alert: str, person: Identity, context: Context) -> None:
    doc = context.store.get(f"alerts/{alert}")
    data = scrubbed_document(doc.data, person.scrub(is_near=True)) if doc else {}
    if doc and data != doc.data:
        context.store.commit([Update(doc.path, {**data, **alert_index(data)}, doc.version)])
