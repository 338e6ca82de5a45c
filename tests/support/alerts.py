"""Alerts as the lifecycle itself makes them, for tests of what comes after."""

from datetime import UTC, datetime
from typing import Any

from shared.alerting.alert import labels_of
from shared.alerting.lifecycle import Heard, hear
from shared.events import Alert

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def fired(
    id: str = "a1", *, now: datetime = NOW, source: str = "app", type: str = "test", **signal: Any
) -> dict[str, Any]:
    """The document of an alert that has just fired for the first time."""
    said = Alert.model_validate({"fingerprint": id, "title": f"Trouble {id}", "severity": "critical", **signal})
    labels = labels_of(said, source=source, type=type)
    change = hear(Heard(said, id, source, "e1", labels, now, now), None)
    assert change.alert is not None
    return change.alert
