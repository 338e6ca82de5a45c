"""Every example payload that Octokit has collected can be read and leads to a sensible decision."""

import json
from collections import Counter
from typing import Any

from shared.config.sources import Source
from shared.intake.webhook import Reading, read
from tests.support import requirements as needs

pytestmark = needs.octokit
SOURCE = Source(scheme="github", secrets=("GITHUB_WEBHOOK_SECRET",))
EXPECTED = {
    ("check_run.completed", "resolved warning"): 2,
    ("check_suite.completed", "resolved warning"): 3,
    ("code_scanning_alert.closed_by_user", "resolved warning"): 1,
    ("code_scanning_alert.created", "firing warning"): 1,
    ("code_scanning_alert.fixed", "resolved warning"): 1,
    ("code_scanning_alert.reopened", "firing info"): 3,
    ("dependabot_alert.created", "firing info"): 1,
    ("dependabot_alert.fixed", "resolved info"): 2,
    ("deployment_status.created", "resolved critical"): 3,
    ("discussion.created", "event"): 1,
    ("release.published", "event"): 3,
    ("repository_vulnerability_alert.create", "firing info"): 3,
    ("repository_vulnerability_alert.dismiss", "resolved info"): 1,
    ("sponsorship.created", "event"): 2,
    ("workflow_run.completed", "resolved warning"): 2,
}
"""What is not quiet; all the rest is kept and shows nobody anything."""


def examples() -> list[tuple[str, Any]]:
    events = json.loads(needs.OCTOKIT.read_text())
    return [(event["name"], example) for event in events for example in event["examples"]]


def decision(reading: Reading) -> str:
    if not reading.signals:
        return "quiet"
    (signal,) = reading.signals
    return f"{signal.status} {signal.severity}" if signal.kind == "alert" else "event"


def test_each_example_is_read_and_decided_as_expected() -> None:
    readings = [read("github", SOURCE, {"x-github-event": name}, example) for name, example in examples()]
    assert len(readings) == 329
    assert [reading.quarantine for reading in readings if reading.quarantine] == []
    assert all(reading.subject for reading in readings)
    loud = Counter((reading.type, decision(reading)) for reading in readings if decision(reading) != "quiet")
    assert loud == EXPECTED


def test_no_example_would_page_but_a_failed_production_deployment_would() -> None:
    for name, example in examples():
        for signal in read("github", SOURCE, {"x-github-event": name}, example).signals:
            assert not (signal.kind == "alert" and signal.status == "firing" and signal.severity == "critical")
    (deployment, *_) = [example for name, example in examples() if name == "deployment_status"]
    deployment["deployment_status"]["state"] = "failure"
    (signal,) = read("github", SOURCE, {"x-github-event": "deployment_status"}, deployment).signals
    assert signal.kind == "alert"
    assert (signal.severity, signal.status) == ("critical", "firing")
