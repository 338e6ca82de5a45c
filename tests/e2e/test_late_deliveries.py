"""Deliveries that arrive in another order than they were sent, over HTTP."""

from typing import Any

from tests.support.bundle import Bundle

SOURCES = """
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  sentry: {scheme: sentry, secrets: [GITHUB_SECRET]}
  shop: {scheme: shopify, secrets: [GITHUB_SECRET]}
  pagerduty: {scheme: pagerduty, secrets: [GITHUB_SECRET]}
  google: {scheme: bearer, secrets: [GITHUB_SECRET], format: google-monitoring}
  own: {scheme: bearer, secrets: [GITHUB_SECRET], alert: {title: t, severity: critical, status: status, at: at}}
route: {channel: desk, interrupt_from: info}
"""
EARLIER, LATER = "2026-11-20T08:30:00Z", "2026-11-20T08:45:00Z"
REPOSITORY = {"repository": {"full_name": "acme/shop"}}


def run(result: str, at: str) -> Any:
    about = {"conclusion": result, "name": "CI", "workflow_id": 7, "head_branch": "main", "updated_at": at}
    return {"action": "completed", "workflow_run": about, **REPOSITORY}


def deployment(result: str, at: str) -> Any:
    return {"deployment_status": {"state": result, "environment": "production", "updated_at": at}, **REPOSITORY}


def check(result: str, at: str) -> Any:
    about = {"conclusion": result, "name": "lint", "completed_at": at, "app": {"slug": "lint"}}
    return {"action": "completed", "check_run": about, **REPOSITORY}


def leak(action: str, **times: str) -> Any:
    return {"action": action, "alert": {"number": 3, **times}, **REPOSITORY}


def issue(action: str) -> Any:
    about = {"id": "42", "title": "Checkout fails", "level": "fatal", "firstSeen": EARLIER, "lastSeen": LATER}
    return {"action": action, "data": {"issue": about}}


def metric(action: str) -> Any:
    incident = {"id": "5", "date_started": "2026-11-20T08:00:00Z", "date_detected": EARLIER}
    return {"action": action, "data": {"metric_alert": incident, "description_title": "Errors"}}


def dispute(status: str, **times: str) -> Any:
    return {"id": 5, "order_id": 1, "status": status, **times}


def incident(state: str, **times: str) -> Any:
    about = {"incident_id": "0.a", "state": state, "severity": "critical", "policy_name": "Latency", **times}
    return {"incident": about}


LATE = {
    "github workflow_run": (run("failure", EARLIER), run("success", LATER)),
    "github deployment_status": (deployment("failure", EARLIER), deployment("success", LATER)),
    "github check_run": (check("failure", EARLIER), check("success", LATER)),
    "github secret_scanning_alert": (leak("created", created_at=EARLIER), leak("resolved", resolved_at=LATER)),
    "github code_scanning_alert": (leak("created", created_at=EARLIER), leak("fixed", fixed_at=LATER)),
    "sentry issue": (issue("created"), issue("resolved")),
    "sentry metric_alert": (metric("critical"), metric("resolved")),
    "shop disputes/update": (
        dispute("needs_response", initiated_at=EARLIER),
        dispute("won", initiated_at=EARLIER, finalized_on=LATER),
    ),
    "google": (incident("open", started_at=EARLIER), incident("closed", started_at=EARLIER, ended_at=LATER)),
    "own": ({"t": "Disk", "status": "down", "at": EARLIER}, {"t": "Disk", "status": "up", "at": LATER}),
}


def deliver(bundle: Bundle, sender: str, payload: Any, delivery: str) -> None:
    source, _, kind = sender.partition(" ")
    assert bundle.send(source, payload, delivery=delivery, event_type=kind).status == 202
    bundle.settle()
    bundle.clock.advance(minutes=1)


def test_a_failure_that_arrives_after_its_success_notifies_nobody(bundle: Bundle) -> None:
    bundle.configure(SOURCES)
    senders = ["github workflow_run", "sentry issue"] if bundle.firestore else list(LATE)  # the emulator is slow
    for sender in senders:
        failure, success = LATE[sender]
        deliver(bundle, sender, success, f"{sender} 1")
        deliver(bundle, sender, failure, f"{sender} 2")
    assert [alert.data["state"] for alert in bundle.docs("alerts")] == ["resolved"] * len(senders)
    bundle.tick(minutes=1)
    assert bundle.pages() == []


def test_neither_a_header_that_is_not_signed_nor_a_late_acknowledgement_ends_what_fires(embedded: Bundle) -> None:
    """A resolve that was captured before the issue came back, sent with a header of a later time."""
    embedded.configure(SOURCES)
    for number, action in enumerate(("created", "resolved", "unresolved")):
        deliver(embedded, "sentry issue", issue(action), f"d{number}")
    embedded.clock.advance(days=1)
    deliver(embedded, "sentry issue", issue("resolved"), "forged")  # signed as now, by Sentry-Hook-Timestamp
    kinds = [("triggered", 0), ("resolved", 2), ("reopened", 3), ("acknowledged", 1)]
    for kind, minute in kinds:
        event = {"id": kind, "event_type": f"incident.{kind}", "occurred_at": f"2026-11-20T08:0{minute}:00Z"}
        deliver(embedded, "pagerduty", {"event": {**event, "data": {"id": "I", "title": "Database is down"}}}, kind)
    states = {alert.data["source"]: alert.data["state"] for alert in embedded.docs("alerts")}
    assert states == {"sentry": "firing", "pagerduty": "firing"}
