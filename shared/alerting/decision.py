"""The signals of one event against what is known: what each makes of its alert, and the decision on each, with why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.alerting.actions import act
from shared.alerting.alert import Document, alert_id, labels_of, pending
from shared.alerting.lifecycle import Change, Heard, Terms, hear, noted
from shared.alerting.muting import Inhibition
from shared.alerting.routes import Node, route
from shared.alerting.state_machine import OPEN
from shared.alerting.verdict import Told
from shared.events import BusinessEvent, EventAccepted, Signal

Path = Literal["page", "hold", "digest", "record"]
_NEVER_TOLD = frozenset({"silence", "inhibition", "flapping"})
"""What was held back by these and ends before it was told is worth no line either."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`alert` is the alert's whole new document; None leaves it as it was. `reason` is for a person."""

    alert_id: str
    path: Path
    reason: str
    alert: Document | None = None

    def summary(self) -> dict[str, str]:
        return {"alert": self.alert_id, "path": self.path, "reason": self.reason}


def with_alert_ids(message: EventAccepted) -> list[tuple[str, Signal]]:
    """The signals of *message*, each with the id of its alert."""
    return [
        (alert_id(message.source, message.id, index, signal), signal) for index, signal in enumerate(message.signals)
    ]


@dataclass(frozen=True, slots=True)
class Hearing:
    """What became of the alerts: a change for each signal, in order, and the documents as the last one left them."""

    changes: list[tuple[str, Change]]
    alerts: dict[str, Document]

    @property
    def wanting(self) -> list[Document]:
        """The alerts that want attention, and are not over already by what the same event says."""
        ids = dict.fromkeys(id for id, change in self.changes if change.effect == "tell")
        return [alert for id in ids if (alert := self.alerts[id])["state"] in OPEN]


def hear_all(
    signals: Sequence[tuple[str, Signal]], known: Mapping[str, Mapping[str, Any]], message: EventAccepted, *,
    routes: Node, inhibition: Inhibition, now: datetime,
) -> Hearing:  # fmt: skip
    """What *signals* (each with its alert's id) make of their alerts, each seeing what the ones before it did."""
    state, changes, alerts = dict(known), list[tuple[str, Change]](), dict[str, Document]()
    for id, signal in signals:
        change = _hear(signal, state.get(id), id, message, routes, now)
        if change.alert is not None:
            alert = {**change.alert, "inhibits": _inhibits(change.alert, inhibition)}
            state[id] = alerts[id] = alert
        changes.append((id, change))
    return Hearing(changes, alerts)


def _hear(
    signal: Signal, known: Mapping[str, Any] | None, id: str, message: EventAccepted, routes: Node, now: datetime
) -> Change:
    if isinstance(signal, BusinessEvent):
        said_by = {"source": message.source, "alertname": message.type, "severity": "info"}
        return noted(signal, known, id=id, labels=said_by, event=message.id, now=now)
    labels = labels_of(signal, source=message.source, type=message.type)
    settings = route(routes, labels)[-1].settings
    if signal.status == "acknowledged":
        return act(known, "is acknowledged", by="its sender", now=now, until=now + settings.ack_timeout)
    heard = Heard(
        signal, id, message.source, message.id, labels, message.received_at, now,
        Terms(settings.failure_threshold, settings.success_threshold),
    )  # fmt: skip
    return hear(heard, known)


def _inhibits(alert: Document, inhibition: Inhibition) -> bool | None:
    return True if alert["state"] in OPEN and inhibition.is_source(alert["labels"]) else None


def decide(hearing: Hearing, told: Sequence[Told], *, routes: Node, now: datetime) -> list[Decision]:
    """The decision on each signal, after the verdicts on those that want attention."""
    verdicts = {one.alert["id"]: one for one in told}
    return [
        _decision(id, change, hearing.alerts.get(id), verdicts.get(id), routes, now) for id, change in hearing.changes
    ]


def _decision(
    id: str, change: Change, alert: Document | None, told: Told | None, routes: Node, now: datetime
) -> Decision:
    """The decision on one signal; *alert* is as the last signal of the event left it."""
    if alert is None or change.alert is None:
        return Decision(id, "record", change.reason)
    if told is not None:
        path = told.verdict.path if change.effect == "tell" else "record"
        reason = f"{change.reason}; {told.verdict.reason}" if change.effect == "tell" else change.reason
        return Decision(id, path, reason, told.alert)
    if alert["state"] == "noted":
        return Decision(id, "digest", change.reason, _queued(alert, routes, now))
    if change.effect == "close" or (change.effect == "tell" and alert["state"] == "resolved"):
        held = alert["held"]
        if held and held["by"] in _NEVER_TOLD and not alert["told_at"]:
            return Decision(id, "record", change.reason, {**alert, "pending": None})
        return Decision(id, "digest", change.reason, _queued(alert, routes, now))
    return Decision(id, "record", change.reason, alert)


def _queued(alert: Document, routes: Node, now: datetime) -> Document:
    """*alert* waiting for its digest; one that waits already keeps its place."""
    queue = route(routes, alert["labels"])[-1].settings.digest
    return {**alert, "pending": alert["pending"] or pending(queue, now)}
