"""Cloud Monitoring: states and severities in any case, and delivery ids."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events import Alert
from shared.sources.senders.google_monitoring import FORMAT


def payload(**fields: Any) -> dict[str, Any]:
    return {"version": "1.2", "incident": {"incident_id": "0.abc", "state": "open", "started_at": 1, **fields}}


def alert(**fields: Any) -> Alert:
    content = payload(**fields)
    (signal,) = FORMAT.translate(FORMAT.event_type({}, content), content).signals
    assert isinstance(signal, Alert)
    return signal


@pytest.mark.parametrize("state", ["closed", "CLOSED"])
def test_a_closed_incident_resolves_the_open_one(state: str) -> None:
    assert (alert(state=state).status, alert().status) == ("resolved", "firing")
    assert alert(state=state).fingerprint == alert().fingerprint


def test_a_webhook_is_about_its_incident() -> None:
    assert FORMAT.about is not None
    assert FORMAT.about(payload()) == FORMAT.about(payload(state="closed")) == "0.abc"


def test_an_incident_is_ordered_by_its_start_and_its_end() -> None:
    times = {"started_at": 1795165200, "ended_at": None}
    assert alert(**times).at == datetime.fromtimestamp(1795165200, UTC)
    assert alert(state="closed", **times | {"ended_at": 1795165260}).at == datetime.fromtimestamp(1795165260, UTC)
