"""Alerts as the lifecycle itself makes them, and the situations in which they are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from shared.alerting.alert import AlertDoc, labels_of
from shared.alerting.escalation import Escalation
from shared.alerting.focus import Focus
from shared.alerting.inhibition import Inhibition
from shared.alerting.lifecycle import Received, apply
from shared.alerting.routes import Node, Route, compile_routes
from shared.alerting.situation import QuietWorld, Situation
from shared.alerting.time_intervals import TimeInterval
from shared.events import Alert

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class SomeRules:
    """The rules of alerting, without a whole opos.yaml around them. `root` is the root route, as in the file."""

    root: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"
    time_intervals: Mapping[str, Sequence[TimeInterval]] = field(default_factory=dict)
    inhibition: Inhibition = field(default_factory=lambda: Inhibition(()))
    focus: Focus = field(default_factory=Focus)
    escalations: Mapping[str, Escalation] = field(default_factory=dict)

    @cached_property
    def route(self) -> Route:
        return Route.model_validate({"channel": "desk", **self.root})

    @cached_property
    def routes(self) -> Node:
        return compile_routes(self.route)


def situation(now: datetime = NOW, rules: SomeRules | None = None, **world: Any) -> Situation:
    return Situation(now, rules or SomeRules(), QuietWorld(**world))


def fired(id: str = "a1", *, now: datetime = NOW, source: str = "app", type: str = "test", **signal: Any) -> AlertDoc:
    """The document of an alert that has just fired for the first time."""
    alert = Alert.model_validate({"fingerprint": id, "title": f"Trouble {id}", "severity": "critical", **signal})
    labels = labels_of(alert, source=source, type=type)
    change = apply(Received(alert, id, source, "e1", labels, now, now), None)
    assert change.alert is not None
    return change.alert
