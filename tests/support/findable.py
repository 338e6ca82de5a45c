"""Alerts and events to search for, as the functions store them."""

from datetime import datetime, timedelta
from typing import Any

from shared.alerting.alert import no_progress
from shared.events import BusinessEvent, Event, Signal, document_id, iso
from shared.flags import FlagSet
from shared.flags.definition import Definition
from shared.ports import Create, Set, Store
from shared.ports.earlier_documents import PROGRESS, VERSION
from shared.runtime.current_documents import CurrentDocuments
from shared.services.intake.acceptance import keep
from tests.support.fakes import FakeClock, FakeContext

NOW = FakeClock().now()
REWRITTEN = Set(PROGRESS, {"version": VERSION, "place": "", "again": None})
"""What the first sweep of a release writes: all documents have its shape."""


def ago(**age: float) -> datetime:
    return NOW - timedelta(**age)


def alert(name: str, began: datetime = NOW, /, **fields: Any) -> Create:
    """The write of an alert that has fired since *began*."""
    id, at = document_id("app", name), iso(began)
    content: dict[str, Any] = {
        **no_progress(id), "kind": "alert", "source": "app", "title": name, "summary": "", "state": "firing",
        "severity": "critical", "first_seen": at, "last_seen": at, "episode": 1, "labels": {},
    }  # fmt: skip
    return Create(f"alerts/{id}", {**content, **fields})


def event(name: str, at: datetime = NOW, /, *, signals: tuple[Signal, ...] = (), **fields: Any) -> Create:
    """The write of an event that was received *at* a time. *fields* replace those of the document."""
    content = {
        "id": document_id("app", name), "source": "app", "type": "job.done", "delivery_id": name, "subject": name,
        "received_at": at, "owner": "me", "trace": "t", "body": "{}", "body_sha256": "0",
    }  # fmt: skip
    own = {key: value for key, value in fields.items() if key in Event.model_fields}
    stored = keep(Event.model_validate({**content, **own}), signals)
    rest = {key: value for key, value in fields.items() if key not in Event.model_fields}
    return Create(stored.path, {**stored.data, **rest})


def news(title: str, **labels: str) -> tuple[Signal, ...]:
    return (BusinessEvent(title=title, labels=labels),)


def searching(store: Store, *writes: Create) -> FakeContext:
    """A context whose store has what *writes* write."""
    current = CurrentDocuments(store)
    current.commit([REWRITTEN])
    for start in range(0, len(writes), 200):
        current.commit(writes[start : start + 200])
    till = Definition("ENABLED", {"on": True}, "on", None, {"description": "The new page to pay on"})
    context = FakeContext(flags=FlagSet({"till": till}))
    context.store = current  # type: ignore[assignment]  # as complete as the fake
    return context
