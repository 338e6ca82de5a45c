"""Everything that followed from one event, as the store has it: the verdicts, the alerts and the messages."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from shared.ports import Doc, Store
from shared.services.outbox.addressees import deliveries, receiver_name
from shared.services.outbox.message import made_at

Story = dict[str, Any]
_EVENT = ("id", "state", "source", "type", "delivery_id", "subject", "received_at", "trace", "body_sha256")


def story(store: Store, event: Doc, most: int | None = None) -> Story:
    """Everything that the store has about *event*, in order; with *most*, only about so many of its alerts."""
    data = event.data
    alerts = list(islice(_alerts(store, data), most))
    return {
        "event": {name: data[name] for name in _EVENT} | {"body_characters": len(data["body"])},
        "quarantine": data["quarantine"],
        "repeats": data.get("repeats") or None,
        "same_body_as": _same_body(store, event),
        "republished": data["republished"]["count"],
        "handled": data["handled"],
        "alerts": [_alert(alert) for alert in alerts],
        "messages": [_message(message) for alert in alerts for message in _messages(store, alert)],
        "dead_letters": [_letter(doc) for doc in store.query("dead_letters", where=[("event", "==", event.id)])],
    }


def _alerts(store: Store, data: dict[str, Any]) -> Iterator[Doc]:
    decisions = [decision for handled in data["handled"].values() for decision in handled["decisions"]]
    for id in dict.fromkeys(decision["alert"] for decision in decisions):
        if doc := store.get(f"alerts/{id}"):
            yield doc


def _messages(store: Store, alert: Doc) -> Iterator[Doc]:
    """The messages of the group that it last notified in, and the last digest that listed it, with their followers."""
    group = store.get(f"groups/{alert.data['told_in']}") if alert.data.get("told_in") else None
    for path in (*(group.data["messages"] if group else ()), alert.data.get("digest")):
        if path and (doc := store.get(path)):
            yield from deliveries(doc, store)


def _same_body(store: Store, event: Doc) -> list[str]:
    twins = store.query("events", where=[("body_sha256", "==", event.data["body_sha256"])], limit=10)
    return [doc.id for doc in twins if doc.id != event.id and doc.data["source"] == event.data["source"]]


def _alert(doc: Doc) -> Story:
    names = ("id", "title", "severity", "state", "count", "episode", "first_seen", "last_seen", "pending")
    return {name: doc.data[name] for name in names} | {
        name: doc.data.get(name) for name in ("held", "calls_at", "until", "again")
    }


def _message(doc: Doc) -> Story:
    names = ("channel", "state", "attempts", "due_at", "receipt", "last_fault")
    more: Story = {"created_at": made_at(doc.data), "receiver": receiver_name(doc.data)}
    more |= {name: doc.data.get(name) for name in ("cause", "cost")}
    return {"path": doc.path, **more, "title": doc.data["notice"]["title"], **{name: doc.data[name] for name in names}}


def _letter(doc: Doc) -> Story:
    return {"path": doc.path, **{name: doc.data[name] for name in ("subscription", "attempts", "received_at")}}
