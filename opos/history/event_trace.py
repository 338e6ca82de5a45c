"""The whole way of one event, from the store alone: received, verified, decided why, sent where, when."""

from collections.abc import Iterator
from typing import Any

from shared.ports import Doc, Store

Story = dict[str, Any]
_EVENT = ("id", "state", "source", "type", "delivery_id", "subject", "received_at", "trace", "body_sha256")


def story(store: Store, event: Doc) -> Story:
    """Everything the store knows of *event*, in order."""
    data = event.data
    alerts = list(_alerts(store, data))
    return {
        "event": {name: data[name] for name in _EVENT} | {"body_characters": len(data["body"])},
        "quarantine": data["quarantine"],
        "same_body_as": _same_body(store, event),
        "republished": data["republished"]["count"],
        "handled": data["handled"],
        "alerts": [_alert(alert) for alert in alerts],
        "messages": [_message(message) for alert in alerts for message in _messages(store, alert)],
        "dead_letters": [_letter(doc) for doc in store.query("dead_letters", where=[("event", "==", event.id)])],
    }


def _alerts(store: Store, data: dict[str, Any]) -> Iterator[Doc]:
    decided = [one for marker in data["handled"].values() for one in marker["decisions"]]
    for id in dict.fromkeys(one["alert"] for one in decided):
        if doc := store.get(f"alerts/{id}"):
            yield doc


def _messages(store: Store, alert: Doc) -> Iterator[Doc]:
    """The pages of the call that told of it, and the last digest that carried it."""
    group = store.get(f"groups/{alert.data['told_in']}") if alert.data.get("told_in") else None
    for path in (*(group.data["messages"] if group else ()), alert.data.get("digest")):
        if path and (doc := store.get(path)):
            yield doc


def _same_body(store: Store, event: Doc) -> list[str]:
    twins = store.query("events", where=[("body_sha256", "==", event.data["body_sha256"])], limit=10)
    return [doc.id for doc in twins if doc.id != event.id and doc.data["source"] == event.data["source"]]


def _alert(doc: Doc) -> Story:
    names = ("id", "title", "severity", "state", "count", "episode", "first_seen", "last_seen", "pending")
    return {name: doc.data[name] for name in names} | {
        name: doc.data.get(name) for name in ("held", "calls_at", "until")
    }


def _message(doc: Doc) -> Story:
    names = ("channel", "state", "attempts", "created_at", "due_at", "receipt", "last_fault")
    more = {name: doc.data.get(name) for name in ("cause", "cost")}
    return {"path": doc.path, **more, "title": doc.data["notice"]["title"], **{name: doc.data[name] for name in names}}


def _letter(doc: Doc) -> Story:
    return {"path": doc.path, **{name: doc.data[name] for name in ("subscription", "attempts", "received_at")}}


def as_text(told: Story) -> str:
    """*told* on one screen."""
    parts = [_event_lines(told)]
    parts += [_decision_lines(consumer, handled) for consumer, handled in told["handled"].items()]
    parts += [_alert_lines(alert) for alert in told["alerts"]]
    parts += [_message_lines(message) for message in told["messages"]]
    parts += [_letter_lines(letter) for letter in told["dead_letters"]]
    return "\n".join(line for lines in parts for line in lines)


def _event_lines(told: Story) -> Iterator[str]:
    event = told["event"]
    yield f"event     {event['id']}  ({event['state']})"
    yield f"          {event['source']} {event['type']}: {event['subject'] or '-'}"
    yield f"received  {event['received_at']}  signature verified, {event['body_characters']} characters kept"
    yield f"delivery  {event['delivery_id']}"
    yield f"trace     {event['trace']}"
    if told["quarantine"]:
        yield f"quarantine {told['quarantine']}"
    if told["same_body_as"]:
        yield f"same body as {', '.join(told['same_body_as'])}"
    if told["republished"]:
        yield f"published again {told['republished']}x by the sweeper"


def _decision_lines(consumer: str, handled: Story) -> Iterator[str]:
    yield f"decided   {handled['at']}  by {consumer}"
    for one in handled["decisions"]:
        yield f"          {one['path']}: {one['reason']}  (alert {one['alert'][:8]})"
    if not handled["decisions"]:
        yield "          record: nothing in it needs attention"


def _alert_lines(alert: Story) -> Iterator[str]:
    waits = f", waits for the next {alert['pending']['queue']}" if alert["pending"] else ""
    yield f"alert     {alert['id'][:8]}  {alert['severity']} {alert['state']}, seen {alert['count']}x{waits}"
    yield f"          {alert['title']}"
    if alert["held"]:
        yield f"          held back until {alert['calls_at']}: {alert['held']['reason']}"
    if alert["until"]:
        yield f"          until {alert['until']}"


def _message_lines(message: Story) -> Iterator[str]:
    at = message["receipt"]["at"] if message["receipt"] else message["created_at"]
    yield f"message   {at}  {message['state']} on {message['channel']}, attempt {message['attempts']}"
    yield f"          {message['path']}: {message['title']}"
    if cause := message["cause"]:
        yield f"          {cause['kind']} page, {cause['step']}, by {cause['route']}; cost {message['cost']:g}"
    if message["last_fault"]:
        yield f"          {message['last_fault']}; next try {message['due_at'] or 'never'}"


def _letter_lines(letter: Story) -> Iterator[str]:
    yield f"dead      {letter['received_at']}  {letter['subscription']} gave up after {letter['attempts']} attempts"
