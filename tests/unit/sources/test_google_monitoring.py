"""Cloud Monitoring: states and severities in any case, and delivery ids."""

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


def test_opening_and_closing_are_two_deliveries_and_a_retry_is_not() -> None:
    assert FORMAT.delivery is not None
    opened, closed = FORMAT.delivery(payload()), FORMAT.delivery(payload(state="closed", ended_at=2))
    assert opened == FORMAT.delivery(payload()) != closed


def test_an_incident_without_an_id_has_no_name_so_that_the_next_is_not_lost() -> None:
    assert FORMAT.delivery is not None
    assert FORMAT.delivery({"incident": {"state": "open"}}) is None
