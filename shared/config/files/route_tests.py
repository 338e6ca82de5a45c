"""Runs the operator's route tests in opos.yaml, for `opos verify`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.alerting.alert import AlertDoc
from shared.alerting.groups import channels_of
from shared.alerting.lifecycle import Received, new_episode
from shared.alerting.routes import MOST_FIRINGS, route
from shared.alerting.situation import QuietWorld, Situation
from shared.alerting.verdict import Verdicts, judge_by_route
from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located
from shared.config.model import Config, RouteTest
from shared.events import Alert
from shared.values.severity import severity_of
from shared.values.timestamps import utc

NOON = "2026-01-07T12:00"
"""The time of a test without `at`: a Wednesday noon, outside the usual time intervals."""


def failures(config: Config, located: Located) -> Iterator[Fault]:
    """An error for each test that fails."""
    for number, test in enumerate(config.route_tests):
        verdicts = outcome(test, config)
        for key, expected, actual in _compared(test, verdicts):
            where = ("route_tests", number, key)
            name = f"route_tests.{test.name or number}.{key}"
            hint = f"matched {', '.join(map(str, verdicts.routes))}: {verdicts.verdict.reason}"
            yield Fault(located.file, located.line(where), name, str(expected), str(actual), hint)


def outcome(test: RouteTest, config: Config) -> Verdicts:
    """What the routes of the test's alert decide if no other alert is open."""
    now = _moment(test.at or NOON, config.timezone)
    matched = route(config.routes, test.labels)
    return judge_by_route(alert_with(test.labels, config, now), matched, Situation(now, config, QuietWorld()))


def alert_with(labels: dict[str, str], config: Config, now: datetime) -> AlertDoc:
    """An alert with exactly these *labels* that has just fired as often as any `failure_threshold` asks."""
    name = labels.get("alertname") or "an alert"
    source = config.sources.get(labels.get("source", ""))
    severity = severity_of(labels.get("severity", ""), source.severity_values if source else {})
    signal = Alert(fingerprint=name, title=name, severity=severity, labels=labels)
    alert = new_episode(Received(signal, "test", labels.get("source", ""), "", labels, now, now), None)
    return {**alert, "count": MOST_FIRINGS}


def _compared(test: RouteTest, verdicts: Verdicts) -> Iterator[tuple[str, Any, Any]]:
    verdict = verdicts.verdict
    if test.path and test.path != verdict.path:
        yield "path", test.path, verdict.path
    channels = channels_of(verdicts.routes)
    if test.channels is not None and set(test.channels) != set(channels):
        yield "channels", ", ".join(test.channels), ", ".join(channels)
    if test.because not in verdict.reason:
        yield "because", test.because, verdict.reason


def _moment(text: str, zone: str) -> datetime:
    at = datetime.fromisoformat(text)
    return utc(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)))
