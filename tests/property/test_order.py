"""In whatever order the deliveries of a sender arrive, the alert ends as the sender left it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerting.alert import AlertDoc
from shared.alerting.lifecycle import Received, apply
from shared.alerting.state_machine import OPEN
from shared.config.sources import AlertMapping, Source
from shared.events import Alert
from shared.intake.webhook import read

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""When the first delivery arrives. All were sent before."""


class Said(NamedTuple):
    """What a sender says: *fires* or not, *at* a time, about the episode that *began* at another."""

    fires: bool
    at: datetime
    began: datetime


Payload = Callable[[Said], Any]


def outcome(said: Said) -> str:
    return "failure" if said.fires else "success"


def github(name: str, time: str = "updated_at", result: str = "conclusion", action: str = "completed") -> Payload:
    def payload(said: Said) -> Any:
        content = {result: outcome(said), time: said.at.isoformat(), "name": "CI", "app": {"slug": "ci"}}
        return {"action": action, name: content, "repository": {"full_name": "acme/shop"}}

    return payload


def finding(ended_at: str) -> Payload:
    """Of a scanner of GitHub: new, opened again or ended."""

    def payload(said: Said) -> Any:
        alert = {"number": 1, "updated_at": said.at.isoformat(), ended_at: None if said.fires else said.at.isoformat()}
        return {"action": "reopened" if said.fires else "fixed", "alert": alert}

    return payload


def stripe(said: Said) -> Any:
    kind = "invoice.payment_failed" if said.fires else "invoice.paid"
    invoice = {"id": "in_1", "amount_due": 100, "currency": "eur"}
    return {"type": kind, "created": int(said.at.timestamp()), "data": {"object": invoice}}


def linear(said: Said) -> Any:
    issue = {"id": "i", "title": "T", "priority": 1, "state": {"type": "started" if said.fires else "completed"}}
    return {"type": "Issue", "action": "update", "createdAt": said.at.isoformat(), "data": issue}


def pagerduty(said: Said) -> Any:
    kind = "incident.triggered" if said.fires else "incident.resolved"
    return {"event": {"event_type": kind, "occurred_at": said.at.isoformat(), "data": {"id": "I", "title": "T"}}}


def uptimerobot(said: Said) -> Any:
    return {"monitorID": "7", "alertType": 1 if said.fires else 2, "alertDateTime": int(said.at.timestamp())}


def mapped(said: Said) -> Any:
    return {"status": "down" if said.fires else "up", "at": said.at.timestamp()}


def google(said: Said) -> Any:
    times = {"started_at": int(said.began.timestamp()), "ended_at": None if said.fires else int(said.at.timestamp())}
    return {"incident": {"incident_id": "0.a", "state": "open" if said.fires else "closed", **times}}


def shopify(said: Said) -> Any:
    times = {"initiated_at": said.began.isoformat(), "finalized_on": None if said.fires else said.at.isoformat()}
    return {"id": 5, "order_id": 1, "status": "under_review" if said.fires else "lost", **times}


def sentry_issue(said: Said) -> Any:
    issue = {"id": "42", "title": "T", "firstSeen": said.began.isoformat(), "lastSeen": NOW.isoformat()}
    return {"action": "created" if said.fires else "resolved", "data": {"issue": issue}}


def sentry_metric(said: Said) -> Any:
    incident = {"id": "5", "date_started": said.began.isoformat(), "date_detected": said.at.isoformat()}
    told = {"metric_alert": incident, "description_title": "Errors"}
    return {"action": "critical" if said.fires else "resolved", "data": told}


def alertmanager(said: Said) -> Any:
    status, ended = ("firing", "0001-01-01T00:00:00Z") if said.fires else ("resolved", said.at.isoformat())
    alert = {"startsAt": said.began.isoformat(), "endsAt": ended, "fingerprint": "f", "labels": {"alertname": "D"}}
    return {"status": status, "groupKey": "{}", "alerts": [{"status": status, **alert}]}


MAPPED = {"alert": AlertMapping(title="'Disk'", status="status", at="at")}
TIMED: dict[str, tuple[str, Mapping[str, str], Payload]] = {
    "workflow run": ("github", {"x-github-event": "workflow_run"}, github("workflow_run")),
    "deployment": (
        "github",
        {"x-github-event": "deployment_status"},
        github("deployment_status", result="state", action="created"),
    ),
    "check suite": ("github", {"x-github-event": "check_suite"}, github("check_suite")),
    "check run": ("github", {"x-github-event": "check_run"}, github("check_run", time="completed_at")),
    "dependency": ("github", {"x-github-event": "dependabot_alert"}, finding("fixed_at")),
    "flaw": ("github", {"x-github-event": "code_scanning_alert"}, finding("dismissed_at")),
    "secret": ("github", {"x-github-event": "secret_scanning_alert"}, finding("resolved_at")),
    "stripe": ("stripe", {}, stripe),
    "linear": ("linear", {}, linear),
    "pagerduty": ("pagerduty", {}, pagerduty),
    "uptimerobot": ("uptimerobot", {}, uptimerobot),
    "mapped": ("mapped", {}, mapped),
}
"""Senders that say when each state began. The alert may fire and resolve as often as it likes."""
ONCE: dict[str, tuple[str, Mapping[str, str], Payload]] = {
    "google": ("google-monitoring", {}, google),
    "shopify": ("shopify", {"x-shopify-topic": "disputes/update"}, shopify),
    "sentry issue": ("sentry", {"sentry-hook-resource": "issue"}, sentry_issue),
}
"""Senders that fire an alert, perhaps several times, and end it for good."""
EPISODES: dict[str, tuple[str, Mapping[str, str], Payload]] = {
    "sentry metric": ("sentry", {"sentry-hook-resource": "metric_alert"}, sentry_metric),
    "alertmanager": ("alertmanager", {}, alertmanager),
    "grafana": ("grafana", {}, alertmanager),
}
"""Senders that say when each episode began."""
SENDERS = TIMED | ONCE | EPISODES


@cache
def source(format: str) -> Source:
    return Source(scheme="bearer", secrets=("S",), format=format, **(MAPPED if format == "mapped" else {}))  # type: ignore[arg-type]


@cache
def signal_of(sender: str, said: Said) -> Alert:
    format, headers, payload = SENDERS[sender]
    signal, *_ = read("app", source(format), headers, payload(said)).signals
    assert isinstance(signal, Alert)
    assert signal.status == ("firing" if said.fires else "resolved")
    return signal


def is_open_after(sender: str, arrived: Sequence[Said]) -> bool:
    """Whether the alert is open after the deliveries *arrived* in this order, a second apart."""
    known: AlertDoc | None = None
    for number, said in enumerate(arrived):
        now = NOW + timedelta(seconds=number)
        change = apply(Received(signal_of(sender, said), "a", "app", f"e{number}", {}, now, now), known)
        known = change.alert or known
    assert known is not None
    return known["state"] in OPEN


def minute(number: int) -> datetime:
    return NOW - timedelta(hours=2) + timedelta(minutes=number)


def check(sender: str, said: Sequence[Said], arrived: Sequence[Said]) -> None:
    assert is_open_after(sender, said) == said[-1].fires
    assert is_open_after(sender, arrived) == said[-1].fires, arrived


@settings(max_examples=120)
@given(sender=st.sampled_from(list(TIMED)), fires=st.lists(st.booleans(), min_size=2, max_size=5), data=st.data())
def test_each_state_that_has_a_time(sender: str, fires: list[bool], data: st.DataObject) -> None:
    said = [Said(state, minute(number), minute(number)) for number, state in enumerate(fires)]
    check(sender, said, data.draw(st.permutations(said)))


@settings(max_examples=30)
@given(sender=st.sampled_from(list(ONCE)), firings=st.integers(1, 3), ended=st.booleans(), data=st.data())
def test_an_alert_that_ends_for_good(sender: str, firings: int, *, ended: bool, data: st.DataObject) -> None:
    said = [Said(fires=True, at=minute(number), began=minute(0)) for number in range(firings)]
    said += [Said(fires=False, at=minute(firings), began=minute(0))] * ended
    check(sender, said, data.draw(st.permutations(said)))


@settings(max_examples=60)
@given(sender=st.sampled_from(list(EPISODES)), episodes=st.integers(1, 3), ended=st.booleans(), data=st.data())
def test_episodes(sender: str, episodes: int, *, ended: bool, data: st.DataObject) -> None:
    said = []
    for began in map(minute, range(0, episodes * 10, 10)):
        said += [Said(fires, began + timedelta(minutes=not fires), began) for fires in (True, False)]
    said = said if ended else said[:-1]
    arrived = data.draw(st.permutations(said))
    check(sender, said, arrived if sender == "sentry metric" else in_order_within_episodes(arrived))


def in_order_within_episodes(arrived: Sequence[Said]) -> list[Said]:
    """Alertmanager may fire again with the same start, and sends no time with it: there the order of arrival counts."""
    firings = {said.began: said for said in arrived if said.fires}
    ordered: list[Said] = []
    for said in arrived:
        both = [firings[said.began], said]
        ordered += [each for each in dict.fromkeys(both) if each not in ordered]
    return ordered
