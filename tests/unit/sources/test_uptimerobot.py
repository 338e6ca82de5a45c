"""UptimeRobot: numbers and texts, and delivery ids from fields that the operator chooses."""

from typing import Any

import pytest

from shared.errors import ContractBroken
from shared.events import Alert
from shared.sources.senders.uptimerobot import FORMAT

DOWN = {"monitorID": 777, "monitorFriendlyName": "Shop", "alertType": 1, "alertDateTime": 1700000000}


def alert(**fields: Any) -> Alert:
    (signal,) = FORMAT.translate("", {**DOWN, **fields}).signals
    assert isinstance(signal, Alert)
    return signal


def test_numbers_and_texts_say_the_same() -> None:
    assert alert() == alert(monitorID="777", alertType="1")


def test_a_certificate_is_another_trouble_than_an_outage() -> None:
    assert alert(alertType=3).fingerprint != alert().fingerprint == alert(alertType=2).fingerprint


def test_a_webhook_is_about_its_monitor() -> None:
    assert FORMAT.about is not None
    assert FORMAT.about(DOWN) == "777"


def test_an_unknown_alert_type_is_said_to_be_one() -> None:
    with pytest.raises(ContractBroken, match="expected alertType to be 1, 2 or 3, found '99'"):
        alert(alertType=99)
