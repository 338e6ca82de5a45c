"""Alertmanager and Grafana: delivery ids, and alerts without a severity."""

from typing import Any

import pytest

from shared.events import Alert
from shared.sources.senders import alertmanager, grafana

ALERT = {"status": "firing", "fingerprint": "f1", "startsAt": "2026-11-20T08:00:00Z", "labels": {"alertname": "Up"}}


def payload(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": list(alerts)}


def name(*alerts: dict[str, Any]) -> str | None:
    delivery = alertmanager.FORMAT.delivery
    assert delivery is not None
    return delivery(payload(*alerts))


def alert(**fields: Any) -> Alert:
    (signal,) = alertmanager.FORMAT.translate("alerts.firing", payload({**ALERT, **fields})).signals
    assert isinstance(signal, Alert)
    return signal


def test_the_same_words_in_another_order_are_the_same_delivery() -> None:
    other = {**ALERT, "fingerprint": "f2"}
    assert name(ALERT, other) == name(other, ALERT) != name(ALERT)


def test_trouble_that_starts_anew_is_another_delivery() -> None:
    assert name(ALERT) != name({**ALERT, "startsAt": "2026-11-20T09:00:00Z"})


@pytest.mark.parametrize("missing", ["fingerprint", "startsAt", "status"])
def test_a_delivery_that_says_too_little_has_no_name_so_that_the_next_is_not_lost(missing: str) -> None:
    assert name({key: value for key, value in ALERT.items() if key != missing}) is None
    assert name() is None


@pytest.mark.parametrize("labels", [{"alertname": "Up"}, {"alertname": "Up", "severity": ""}])
def test_without_a_severity_label_it_has_none(labels: dict[str, str]) -> None:
    assert alert(labels=labels).severity == ""


def test_an_unknown_severity_is_passed_on_as_it_is() -> None:
    assert alert(labels={"severity": "page"}).severity == "page"


def test_only_an_address_of_the_web_can_be_tapped() -> None:
    assert alert(generatorURL="javascript:alert(1)").link == ""
    assert alert(generatorURL="https://prometheus.example.com/graph").link == "https://prometheus.example.com/graph"


def test_grafana_is_read_the_same_way() -> None:
    assert grafana.FORMAT == alertmanager.FORMAT
