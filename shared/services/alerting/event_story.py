"""Everything that followed from one event, as the store has it: the verdicts, the alerts and the messages."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from shared.alerting.alert import AlertDoc, as_alert
from shared.ports import Doc, Store
from shared.records.change import as_change, differences
from shared.services.alerting.alert_messages import Made, made_between, messages, notices, numbered_episode, pages
from shared.services.outbox.addressees import deliveries, receiver_name
from shared.services.outbox.message import made_at

Story = dict[str, Any]
_NEVER = "9"
"""A time after every stored one: until it, the messages of an episode that has not ended are read."""
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
        "messages": [_message(message) for message in _messages(store, alerts, data)],
        "records": [_change(doc) for doc in store.query("record_changes", where=[("cause", "==", event.id)])],
        "dead_letters": [_letter(doc) for doc in store.query("dead_letters", where=[("event", "==", event.id)])],
    }


def _alerts(store: Store, data: dict[str, Any]) -> Iterator[Doc]:
    decisions = [decision for handled in data["handled"].values() for decision in handled["decisions"]]
    for id in dict.fromkeys(decision["alert"] for decision in decisions):
        if doc := store.get(f"alerts/{id}"):
            yield doc


def _messages(store: Store, alerts: Sequence[Doc], event: dict[str, Any]) -> list[Doc]:
    """The messages about the episodes that *event* belongs to: notifications, resolved notices and digests."""
    handled = [mark["at"] for mark in event["handled"].values()]
    made = made_between(store)
    docs = [message for alert in alerts for message in _of_episode(store, as_alert(alert.data), min(handled), made)]
    return sorted({doc.path: doc for doc in docs}.values(), key=lambda doc: made_at(doc.data))


def _of_episode(store: Store, alert: AlertDoc, at: str, made: Made) -> Iterator[Doc]:
    """The messages about the episode of *alert* that had begun at the time *at*; of an older one, nothing is known."""
    later = sum(episode.get("began", "") > at for episode in alert["episodes"])
    if alert["episodes"] and later == len(alert["episodes"]):
        return
    number, episode = numbered_episode(alert, alert["episode"] - later)
    notified, _ = pages(alert, number, episode, _NEVER, made)
    sent = messages(notified, store)
    yield from (message.doc for message in (*sent, *notices(sent, store)))
    path = alert["digest"] if number == alert["episode"] else None
    if path and (digest := store.get(path)):
        yield from deliveries(digest, store)


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


def _change(doc: Doc) -> Story:
    """A change of a record that the event caused. The names of the fields are enough: the values may be personal."""
    said = as_change(doc.data)
    fields = [difference.field for difference in differences(said)]
    return {**{name: doc.data[name] for name in ("kind", "record", "n", "at")}, "fields": fields}


def _letter(doc: Doc) -> Story:
    named = {name: doc.data[name] for name in ("subscription", "attempts", "received_at")}
    return {"path": doc.path, **named, "faults": doc.data.get("faults") or {}}
