"""Alertmanager and Grafana: delivery ids, and alerts without a severity."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events import Alert
from shared.sources.senders import alertmanager, grafana

ALERT = {"status": "firing", "fingerprint": "f1", "startsAt": "2026-11-20T08:00:00Z", "labels": {"alertname": "Up"}}


def payload(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": list(alerts)}


def alert(**fields: Any) -> Alert:
    (signal,) = alertmanager.FORMAT.translate("alerts.firing", payload({**ALERT, **fields})).signals
    assert isinstance(signal, Alert)
    return signal


def test_a_webhook_is_about_its_group() -> None:
    about = alertmanager.FORMAT.about
    assert about is not None
    assert about(payload(ALERT)) == "{}:{}"


def test_the_start_and_the_end_are_told_and_a_zero_time_is_none() -> None:
    said = alert(endsAt="2026-11-20T09:00:00Z")
    assert (said.began, said.ended) == (datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert (alert(endsAt="0001-01-01T00:00:00Z").ended, alert().at) == (None, None)


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
