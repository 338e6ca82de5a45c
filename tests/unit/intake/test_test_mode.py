"""The test mode of a sender: its events are noted only, unless the source says that they are handled."""

from typing import Any

import pytest

from shared.config.sources import Source
from shared.intake.webhook import read

NOTED = Source(scheme="stripe", secrets=["SECRET"])
HANDLED = NOTED.model_copy(update={"test_mode": "handle"})


def event(type: str, *, livemode: bool, **fields: Any) -> Any:
    given = {"id": "x_1", "currency": "eur", "amount": 4900, **fields}
    return {"id": "evt_1", "type": type, "created": 1795820000, "livemode": livemode, "data": {"object": given}}


@pytest.mark.parametrize("type", ["charge.succeeded", "charge.dispute.created"])
def test_an_event_of_the_test_mode_is_noted_only(type: str) -> None:
    reading = read("stripe", NOTED, {}, event(type, livemode=False))
    assert (reading.type, reading.signals, reading.quarantine) == (type, (), None)
    assert reading.subject.startswith("test mode: Payment of 49.00 EUR")


@pytest.mark.parametrize("type", ["charge.succeeded", "charge.dispute.created"])
def test_a_source_may_handle_its_test_mode(type: str) -> None:
    (handled,) = read("stripe", HANDLED, {}, event(type, livemode=False)).signals
    (live,) = read("stripe", HANDLED, {}, event(type, livemode=True)).signals
    assert handled.money == live.money
    assert handled.kind == live.kind
    assert handled.title == f"Test mode: {live.title}"


def test_an_event_of_the_test_mode_that_breaks_its_contract_alerts_nobody() -> None:
    reading = read("stripe", NOTED, {}, event("charge.succeeded", livemode=False, amount="much"))
    assert (reading.signals, reading.quarantine) == ((), None)
    assert read("stripe", NOTED, {}, event("charge.succeeded", livemode=True, amount="much")).quarantine
