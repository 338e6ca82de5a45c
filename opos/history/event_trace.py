"""Everything that followed from one event, as the store has it: the verdicts, the alerts and the messages."""

from collections.abc import Iterator, Sequence
from typing import Any

from opos.terminal.times import OperatorClock
from shared.alerting.alert import AlertDoc, as_alert
from shared.ports import Doc, Store
from shared.services.alerting.alert_messages import messages, notices, numbered_episode, pages
from shared.services.outbox.addressees import deliveries, receiver_name
from shared.services.outbox.message import made_at

Story = dict[str, Any]
_NEVER = "9"
"""A time after every stored one: until it, the messages of an episode that has not ended are read."""
_EVENT = ("id", "state", "source", "type", "delivery_id", "subject", "received_at", "trace", "body_sha256")


def story(store: Store, event: Doc) -> Story:
    """Everything that the store has about *event*, in order."""
    data = event.data
    alerts = list(_alerts(store, data))
    return {
        "event": {name: data[name] for name in _EVENT} | {"body_characters": len(data["body"])},
        "quarantine": data["quarantine"],
        "repeats": data.get("repeats") or None,
        "same_body_as": _same_body(store, event),
        "republished": data["republished"]["count"],
        "handled": data["handled"],
        "alerts": [_alert(alert) for alert in alerts],
        "messages": [_message(message) for message in _messages(store, alerts, data)],
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
    docs = [message for alert in alerts for message in _of_episode(store, as_alert(alert.data), min(handled))]
    return sorted({doc.path: doc for doc in docs}.values(), key=lambda doc: made_at(doc.data))


def _of_episode(store: Store, alert: AlertDoc, at: str) -> Iterator[Doc]:
    """The messages about the episode of *alert* that had begun at the time *at*; of an older one, nothing is known."""
    later = sum(episode.get("began", "") > at for episode in alert["episodes"])
    if alert["episodes"] and later == len(alert["episodes"]):
        return
    number, episode = numbered_episode(alert, alert["episode"] - later)
    notified, _ = pages(alert, number, episode, _NEVER, store)
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


def _letter(doc: Doc) -> Story:
    return {"path": doc.path, **{name: doc.data[name] for name in ("subscription", "attempts", "received_at")}}


def lines(story: Story, clock: OperatorClock) -> list[str]:
    """*story* on one screen, with its times on *clock*."""
    parts = [_event_lines(story, clock)]
    parts += [_decision_lines(consumer, handled, clock) for consumer, handled in story["handled"].items()]
    parts += [_alert_lines(alert, clock) for alert in story["alerts"]]
    parts += [_message_lines(message, clock) for message in story["messages"]]
    parts += [_letter_lines(letter, clock) for letter in story["dead_letters"]]
    return [line for part in parts for line in part]


def _event_lines(story: Story, clock: OperatorClock) -> Iterator[str]:
    event = story["event"]
    yield f"event     {event['id']}  ({event['state']})"
    yield f"          {event['source']} {event['type']}: {event['subject'] or '-'}"
    received = clock.time_and_age(event["received_at"])
    yield f"received  {received}, signature verified, {event['body_characters']} characters stored"
    yield f"          `opos event {event['id'][:8]}` shows them"
    yield f"delivery  {event['delivery_id']}"
    yield f"trace     {event['trace']}"
    if story["quarantine"]:
        yield "quarantine"
        yield f"          {story['quarantine']}"
    if story["repeats"]:
        yield f"repeats   {story['repeats']}, which came under another delivery id"
    if story["same_body_as"]:
        yield f"same body {', '.join(story['same_body_as'])}"
    if story["republished"]:
        yield f"published again {story['republished']}x by the sweeper"


def _decision_lines(consumer: str, handled: Story, clock: OperatorClock) -> Iterator[str]:
    yield f"decided   {clock.time(handled['at'])} by {consumer}"
    for decision in handled["decisions"]:
        yield f"          {decision['path']}: {clock.text(decision['reason'])}  (alert {decision['alert'][:8]})"
    if not handled["decisions"]:
        yield "          record: it contains no alert and no business event"


def _alert_lines(alert: Story, clock: OperatorClock) -> Iterator[str]:
    waits = f", waits for the next digest ({alert['pending']['queue']})" if alert["pending"] else ""
    yield f"alert     {alert['id'][:8]}  {alert['severity']} {alert['state']}, seen {alert['count']}x{waits}"
    yield f"          {alert['title']}"
    if alert["held"]:
        yield f"          held until {clock.time(alert['calls_at'])}: {clock.text(alert['held']['reason'])}"
    elif alert["again"]:
        yield f"          {clock.text(alert['again']['why'])}"
    if alert["until"]:
        yield f"          {alert['state']} until {clock.time_and_age(alert['until'])}"


def _message_lines(message: Story, clock: OperatorClock) -> Iterator[str]:
    at = message["receipt"]["at"] if message["receipt"] else message["created_at"]
    state = f"{message['state']} on {message['receiver']}, attempt {message['attempts']}"
    yield f"message   {clock.time_and_age(at)}, {state}"
    yield f"          {message['path']}: {message['title']}"
    if cause := message["cause"]:
        yield f"          {cause['kind']} notification, {cause['step']}, by {cause['route']}; cost {message['cost']:g}"
        if because := cause.get("because"):
            yield f"          {clock.text(because)}"
    if message["last_fault"]:
        again = f"next attempt {clock.time_and_age(message['due_at'])}" if message["due_at"] else "no further attempt"
        yield f"          {message['last_fault']}; {again}"


def _letter_lines(letter: Story, clock: OperatorClock) -> Iterator[str]:
    received = clock.time_and_age(letter["received_at"])
    yield f"failed    {received}, {letter['subscription']} did not process it in {letter['attempts']} attempts"
