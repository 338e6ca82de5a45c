"""Who hears that an alert has resolved, when, and in which words."""

from datetime import timedelta
from typing import Any

import pytest

from shared.alerting.alert import resolved
from shared.alerting.escalation import Escalation
from shared.alerting.resolved_notice import LATE, fate, followed, is_pointless, leading, text, title
from shared.alerting.routes import route
from shared.events import iso
from shared.ports import Doc
from tests.support.alerts import NOW, SomeRules, fired

AHEAD, PAST = iso(NOW + timedelta(seconds=20)), iso(NOW - timedelta(seconds=20))


def page(state: str, *, due_at: str | None = None, was: str = "", to: str = "desk", id: str = "p") -> Doc:
    data: dict[str, Any] = {"state": state, "due_at": due_at, "channel": to, "dismissed": {"was": was}}
    return Doc(f"outbox/{id}", data, "1")


@pytest.mark.parametrize(
    ("state", "due_at", "was", "soon", "late"),
    [
        ("sent", None, "", "go", "go"),
        ("sending", AHEAD, "", "wait", "drop"),
        ("pending", AHEAD, "", "wait", "drop"),
        ("dropped", None, "pending", "wait", "drop"),
        ("dropped", None, "sending", "go", "go"),
        ("failed", None, "", "drop", "drop"),
        ("parked", None, "", "drop", "drop"),
    ],
)
def test_a_notice_goes_to_those_who_have_the_page(
    state: str, due_at: str | None, was: str, soon: str, late: str
) -> None:
    data = page(state, due_at=due_at, was=was).data
    assert (fate(data, NOW, NOW), fate(data, NOW - LATE, NOW)) == (soon, late)


def test_a_notice_for_a_page_that_is_gone_is_dropped() -> None:
    assert fate(None, NOW, NOW) == "drop"


@pytest.mark.parametrize(
    ("state", "due_at", "pointless"),
    [("pending", AHEAD, True), ("sending", PAST, True), ("sending", AHEAD, False), ("sent", None, False)],
)
def test_a_page_that_no_worker_is_sending_is_cancelled(state: str, due_at: str | None, *, pointless: bool) -> None:
    assert is_pointless(page(state, due_at=due_at).data, NOW) is pointless


def test_a_notice_follows_the_last_page_that_each_addressee_has() -> None:
    pages = [
        page("sent", id="1"), page("sent", id="2"), page("pending", id="3"), page("failed", id="4"),
        page("failed", to="bob", id="5"), page("pending", to="ann", id="6"), page("pending", to="ann", id="7"),
    ]  # fmt: skip
    assert [doc.id for doc in followed(pages, lambda data: data["channel"])] == ["2", "7"]


TREE = {
    "channel": "desk",
    "routes": [
        {"matchers": ["team=db"], "channel": "phone", "escalation": "far", "continue": True},
        {"matchers": ["severity=critical"]},
    ],
}


@pytest.mark.parametrize(
    ("channel", "team", "paths"),
    [
        ("phone", "db", [(0,)]), ("desk", "db", [(1,)]), ("desk", "web", [(1,)]), ("level", "db", [(0,)]),
        ("other", "db", []),
    ],
)  # fmt: skip
def test_a_route_leads_to_its_channel_and_to_those_of_its_escalation(
    channel: str, team: str, paths: list[tuple[int, ...]]
) -> None:
    routes = route(SomeRules(TREE).routes, {"team": team, "severity": "critical"})
    far = Escalation.model_validate({"levels": [{"channel": "level", "after": "5m"}]})
    assert [node.path for node in leading(channel, routes, {"far": far})] == paths


@pytest.mark.parametrize(
    ("by", "who"), [("sender", "Its sender"), ("link", "You"), ("cli", "You"), ("opos deploy", "opos deploy")]
)
def test_the_text_says_who_resolved_it_and_how_long_it_fired(by: str, who: str) -> None:
    end = NOW + timedelta(minutes=42)
    alert, told = resolved(fired(), end, by=by), [{"cause": {"alerts": [fired()["id"]]}, "notice": {"title": "t"}}]
    assert text(alert, told, end, zone="UTC") == f"{who} resolved it. It fired for 42 min, from 09:00 to 09:42."
    assert title(alert, told) == "Resolved: Trouble a1"
