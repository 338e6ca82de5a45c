"""What Linear sends besides the payloads in tests/payloads. Source: "Webhooks", linear.app/developers, and its schema."""

from typing import Any

import pytest

from shared.config.sources import Source
from shared.events import Alert
from shared.intake.webhook import Reading, read

SOURCE = Source(scheme="linear", secrets=("S",))
ISSUE = {"id": "4f6c", "identifier": "SHOP-7", "title": "Nobody can pay", "state": {"type": "started"}}

CLOSED = ["resolved issue:4f6c", "resolved sla:4f6c"]


def reading(type: str, action: str, **more: Any) -> Reading:
    return read("linear", SOURCE, {}, {"type": type, "action": action, "createdAt": "2026-11-20T09:00:00Z", **more})


def said(type: str, action: str, **more: Any) -> list[str]:
    """The alerts, each with its fingerprint."""
    alerts = [signal for signal in reading(type, action, **more).signals if isinstance(signal, Alert)]
    return [f"{alert.status} {alert.fingerprint}" for alert in alerts]


@pytest.mark.parametrize(
    ("action", "now", "before", "alerts"),
    [
        ("update", {"priority": 1}, {"priority": 3}, ["firing issue:4f6c"]),
        ("update", {"priority": 1}, {"title": "Nobody pays"}, ["firing issue:4f6c"]),
        ("update", {"priority": 3}, {"priority": 1}, ["resolved issue:4f6c"]),
        ("update", {"priority": 0}, {"priority": 1}, ["resolved issue:4f6c"]),
        ("update", {"priority": 3}, {"priority": 2}, []),
        ("update", {"priority": 1, "state": {"type": "canceled"}}, {"stateId": "s"}, CLOSED),
        ("update", {"priority": 1, "state": {"type": "duplicate"}}, {"stateId": "s"}, CLOSED),
        ("update", {"priority": 1, "archivedAt": "2026-11-20T09:00:00Z"}, {}, CLOSED),
        ("update", {"priority": 1, "trashed": True}, {}, CLOSED),
        ("update", {"priority": 2, "state": {"type": "completed"}}, {"stateId": "s"}, CLOSED),
        ("remove", {"priority": 2}, {}, CLOSED),
        ("create", {"priority": 1, "slaBreachesAt": "2026-11-21T09:00:00Z"}, {}, ["firing issue:4f6c"]),
        ("restore", {"priority": 1}, {}, ["firing issue:4f6c"]),
        ("update", {"priority": 2, "slaBreachesAt": "2026-11-21T09:00:00Z"}, {"title": "t"}, []),
        ("update", {"priority": 2, "slaBreachesAt": None}, {"slaBreachesAt": "2026-11-20T08:00:00Z"},
         ["resolved sla:4f6c"]),
        ("update", {"priority": 1, "slaBreachesAt": "2026-11-21T09:00:00Z", "state": {"type": "completed"}}, {}, CLOSED),
        ("remove", {"priority": 2, "slaBreachesAt": "2026-11-21T09:00:00Z"}, {}, CLOSED),
    ],
)  # fmt: skip
def test_what_a_change_of_an_issue_fires_and_resolves(
    action: str, now: dict[str, Any], before: dict[str, Any], alerts: list[str]
) -> None:
    assert said("Issue", action, data={**ISSUE, **now}, updatedFrom=before) == alerts


def test_an_issue_that_closes_without_having_been_urgent_is_not_called_so() -> None:
    closed = reading("Issue", "update", data={**ISSUE, "priority": 3, "state": {"type": "completed"}})
    assert closed.subject == "resolved: SHOP-7 Nobody can pay"


def test_a_new_issue_that_is_not_urgent_is_news() -> None:
    (news,) = reading("Issue", "create", data={**ISSUE, "priority": 3}).signals
    assert (news.kind, news.title) == ("event", "New issue: SHOP-7 Nobody can pay")


QUIET: list[tuple[str, str, dict[str, Any], str]] = [
    ("IssueSLA", "set", {"issueData": ISSUE}, "SHOP-7 Nobody can pay"),
    (
        "ProjectUpdate",
        "create",
        {"data": {"id": "p1", "body": "On track", "project": {"name": "Checkout"}}},
        "Checkout",
    ),
    ("Project", "update", {"data": {"id": "p2", "name": "Checkout"}}, "Checkout"),
    (
        "Comment",
        "create",
        {"data": {"id": "c1", "body": "Why?", "issue": {"title": "Nobody can pay"}}},
        "Nobody can pay",
    ),
    ("Reaction", "create", {"data": {"id": "r1", "emoji": "+1"}}, ""),
    ("Cycle", "create", {"data": {"id": "y1", "number": 4}}, ""),
    ("OAuthApp", "revoked", {"oauthClientId": "o1"}, ""),
    ("AppUserNotification", "issueMention", {"notification": {"id": "n1"}}, ""),
    ("AgentSessionEvent", "created", {"agentSession": {"id": "a1"}}, ""),
    ("PermissionChange", "teamAccessChanged", {"canAccessAllPublicTeams": False}, ""),
]


@pytest.mark.parametrize(("type", "action", "more", "name"), QUIET)
def test_all_else_is_kept_with_a_subject_and_without_a_quarantine(
    type: str, action: str, more: dict[str, Any], name: str
) -> None:
    assert reading(type, action, **more) == Reading(f"{type}.{action}", f"{type}.{action} {name}".strip(), ())


def test_an_issue_without_an_id_is_quarantined() -> None:
    assert reading("Issue", "update", data={"priority": 1}).quarantine == "expected id to be str, found nothing"
