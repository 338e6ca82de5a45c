"""Processes a stored event again under today's configuration: `opos replay`, and the button of the console."""

from shared.context import Context
from shared.errors import OposError
from shared.events import Event, Signal
from shared.intake.webhook import read_again
from shared.ports import Delete, Doc, Store, Update
from shared.ports.terms import event_terms
from shared.services.intake.acceptance import announcement


class EventForgotten(OposError):
    """The person whom the event was about was forgotten, and what it said with them."""

    code = "event_forgotten"
    http_status = 409


def replay(doc: Doc, nonce: str, context: Context, *, is_named: bool) -> None:
    """Publish the event *doc* again under *nonce*. Raises Conflict if it changed since it was read.

    Raises EventForgotten if nothing is left of it to process.

    `is_named`: the operator chose this event, so it counts even if it repeats another.
    """
    if at := doc.data.get("forgotten_at"):
        raise EventForgotten(f"expected an event to process again, found that {doc.id[:8]} was forgotten on {at[:10]}")
    stored, signals = read_again(as_named(doc) if is_named else doc, context.config)
    version = _prepare(context.store, doc, stored, signals)
    context.bus.publish(announcement(stored, signals, version=version, nonce=nonce))


def as_named(doc: Doc) -> Doc:
    """The event in *doc* as you name it: then even one that repeats another may resolve an alert."""
    return Doc(doc.path, {**doc.data, "repeats": ""}, doc.version)


def _prepare(store: Store, doc: Doc, stored: Event, signals: tuple[Signal, ...]) -> str:
    """Updates the event as read today and deletes its dead letters, which the replay replaces; the new version."""
    letters = list(store.query("dead_letters", where=[("event", "==", doc.id)]))
    reading = {"quarantine": stored.quarantine, "type": stored.type}
    terms = event_terms({**doc.data, **reading}, signals[0].labels if signals else None)
    reread = Update(doc.path, {**reading, "terms": terms}, doc.version)
    return store.commit([reread, *(Delete(letter.path, letter.version) for letter in letters)])[doc.path]
