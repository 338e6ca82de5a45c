"""Grafana: Alertmanager's format with additional links."""

import json
from typing import Any

from shared.events import Alert
from shared.sources.senders.grafana import FORMAT
from tests.support.project import PAYLOADS

PAYLOAD = PAYLOADS / "grafana/firing.json"


def payload() -> Any:
    return json.loads(PAYLOAD.read_text())


def test_its_own_page_is_preferred_to_the_generators() -> None:
    content = payload()
    content["alerts"][0] |= {"panelURL": "https://grafana.example.com/d/1?viewPanel=2"}
    (signal,) = FORMAT.translate("alerts.firing", content).signals
    assert isinstance(signal, Alert)
    assert signal.link == "https://grafana.example.com/d/1?viewPanel=2"
