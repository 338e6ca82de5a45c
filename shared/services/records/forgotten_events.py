"""Events without what they said of a person. Their ids, times and decisions stay, so traces hold."""

from collections.abc import Mapping
from typing import Any

from shared.context import Context
from shared.errors import Conflict
from shared.ports import Update
from shared.ports.terms import event_terms
from shared.records.identity import FORGOTTEN, Identity
from shared.records.scrubbing import scrubbed_document

TRIES = 5
_KEPT = ("type", "delivery_id", "quarantine", "handled")
"""The parts that may name the person, and say what opos did."""


def emptied(event: Mapping[str, Any], person: Identity, at: str) -> dict[str, Any]:
    """The fields of the document *event* without the person: it has no body, so it is not processed again."""
    kept = {name: event[name] for name in _KEPT if event.get(name)}
    kept = scrubbed_document(kept, person.scrub(is_near=False))
    subject = FORGOTTEN if event["subject"] else ""
    gone = {"body": "", "body_encoding": "utf-8", "headers": {}, "subject": subject, "forgotten_at": at, **kept}
    return {**gone, "terms": event_terms({**event, **gone})}


def is_forgotten(event: Mapping[str, Any]) -> bool:
    return bool(event.get("forgotten_at"))


def forget_event(id: str, person: Identity, at: str, context: Context) -> None:
    """Empty the event *id*, whoever writes it meanwhile. It may have been emptied before."""
    for left in reversed(range(TRIES)):
        doc = context.store.get(f"events/{id}")
        if doc is None or is_forgotten(doc.data):
            return
        try:
            context.store.commit([Update(doc.path, emptied(doc.data, person, at), doc.version)])
        except Conflict:
            if not left:
                raise
        else:
            return
