"""What becomes of one signal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.alerting.decision import Decision, alert_id, decide, effective_severity
from shared.events import Alert, BusinessEvent, Signal

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)


def alert(severity: str = "critical", status: Any = "firing") -> Alert:
    return Alert(fingerprint="disk", title="Disk full", severity=severity, status=status)


def decided(signal: Signal, known: dict[str, Any] | None = None, *, now: datetime = NOW) -> Decision:
    return decide(signal, known, id="a1", source="alertmanager", event="e1", now=now)


def after(*signals: Signal) -> dict[str, Any] | None:
    known = None
    for signal in signals:
        known = decided(signal, known).alert or known
    return known


def doc(decision: Decision) -> dict[str, Any]:
    assert decision.alert is not None
    return decision.alert


def test_a_new_critical_alert_pages_and_does_not_wait() -> None:
    decision = decided(alert("critical"))
    assert (decision.path, doc(decision)["pending"], doc(decision)["state"]) == ("page", None, "firing")


@pytest.mark.parametrize("severity", ["info", "warning"])
def test_a_new_alert_below_critical_waits_for_the_digest(severity: str) -> None:
    decision = decided(alert(severity))
    assert decision.path == "digest"
    assert doc(decision)["pending"] == {"queue": "digest", "since": "2026-11-20T09:00:00.000000Z"}


@pytest.mark.parametrize("severity", ["", "CRITICAL", "sev1", "warn ing", "\u202e"])
def test_an_unknown_severity_pages_and_says_so(severity: str) -> None:
    decision = decided(alert(severity))
    assert decision.path == "page"
    assert "unknown" in decision.reason
    assert effective_severity(severity) == "critical"


def test_a_repeat_of_a_firing_alert_counts_and_does_not_page() -> None:
    decision = decided(alert(), after(alert()), now=LATER)
    assert decision.path == "record"
    assert (doc(decision)["count"], doc(decision)["episode"]) == (2, 1)
    assert doc(decision)["first_seen"] < doc(decision)["last_seen"]


def test_a_repeat_of_a_waiting_alert_keeps_its_place_in_the_queue() -> None:
    decision = decided(alert("warning"), after(alert("warning")), now=LATER)
    assert doc(decision)["pending"]["since"] == "2026-11-20T09:00:00.000000Z"


def test_a_warning_that_becomes_critical_leaves_the_digest_and_pages() -> None:
    decision = decided(alert("critical"), after(alert("warning")))
    assert (decision.path, doc(decision)["pending"], doc(decision)["severity"]) == ("page", None, "critical")


def test_a_critical_alert_that_repeats_as_a_warning_stays_critical() -> None:
    decision = decided(alert("warning"), after(alert("critical")))
    assert (decision.path, doc(decision)["severity"]) == ("record", "critical")


def test_a_resolve_closes_the_alert_and_is_told_in_the_digest() -> None:
    decision = decided(alert(status="resolved"), after(alert()))
    assert (decision.path, doc(decision)["state"]) == ("digest", "resolved")


def test_a_resolve_of_an_alert_that_is_not_open_changes_nothing() -> None:
    for known in (None, after(alert(), alert(status="resolved"))):
        decision = decided(alert(status="resolved"), known)
        assert (decision.path, decision.alert) == ("record", None)


def test_firing_again_after_a_resolve_is_a_new_episode_and_pages_again() -> None:
    decision = decided(alert(), after(alert(), alert(), alert(status="resolved")))
    assert (decision.path, doc(decision)["episode"], doc(decision)["count"]) == ("page", 2, 1)


def test_an_acknowledgement_by_the_sender_is_kept_and_repeats_then_only_count() -> None:
    known = after(alert(), alert(status="acknowledged"))
    assert known is not None
    assert known["state"] == "acknowledged"
    decision = decided(alert(), known)
    assert (decision.path, doc(decision)["state"]) == ("record", "acknowledged")


def test_an_acknowledgement_of_an_unknown_alert_changes_nothing() -> None:
    assert decided(alert(status="acknowledged")).alert is None


def test_a_business_event_waits_for_the_digest_and_is_never_open() -> None:
    decision = decided(BusinessEvent(title="New customer"))
    assert (decision.path, doc(decision)["state"]) == ("digest", "noted")


def test_each_business_event_is_its_own_and_each_alert_its_fingerprints() -> None:
    event = BusinessEvent(title="New customer")
    assert alert_id("s", "e1", 0, event) != alert_id("s", "e1", 1, event)
    assert alert_id("s", "e1", 0, alert()) == alert_id("s", "e2", 1, alert())
    assert alert_id("s", "e1", 0, alert()) != alert_id("t", "e1", 0, alert())
