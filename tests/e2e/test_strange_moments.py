"""Times that no calendar has, from a sender and from the operator, through the front door."""

from typing import Any

import pytest

from tests.support.bundle import Bundle

BEYOND = ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59Z", "2001-01-01T00:00:00Z"]
MAPPED = """
sources:
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  app:
    scheme: standard-webhooks
    secrets: [APP_SECRET]
    alert: {title: data.title, severity: data.severity, status: data.status, fingerprint: data.id, at: data.at}
"""


def alertmanager(moment: str, status: str) -> Any:
    alert = {"status": status, "fingerprint": "disk", "startsAt": moment, "endsAt": moment}
    alert["labels"] = {"alertname": "DiskFull", "severity": "critical"}  # type: ignore[assignment]
    return {"status": status, "groupKey": "{}", "alerts": [alert]}


def mapped(moment: str, status: str) -> Any:
    return {"data": {"id": "disk", "title": "Disk full", "severity": "critical", "status": status, "at": moment}}


@pytest.mark.parametrize("moment", BEYOND)
@pytest.mark.parametrize(("source", "payload"), [("alertmanager", alertmanager), ("app", mapped)])
def test_an_authentic_webhook_with_any_time_notifies_and_its_resolve_ends_the_alert(
    embedded: Bundle, source: str, payload: Any, moment: str
) -> None:
    embedded.configure(MAPPED)
    for status in ("firing", "resolved"):
        answer = embedded.send(source, payload(moment, status), delivery=status)
        assert answer.status == 202, answer.text
        embedded.tick(minutes=6)
        assert [doc.data["state"] for doc in embedded.docs("alerts")] == [status]
    assert len(embedded.pages()) == 1
