"""What the link of a page does: over fakes."""

from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from functions.console.handler import handle as console
from shared.events import iso
from shared.services.alerting.acknowledgement import act_on_alert, act_on_group
from shared.values.http import HttpRequest
from tests.support.fakes import FakeContext
from tests.support.timeline import LOUDER, alert, configured, docs, fire, group, minutes, titles


def tap(context: FakeContext, path: str, method: str = "POST") -> str:
    answer = console(HttpRequest(method, path, {}), context)
    assert answer.status == 200
    return " ".join(answer.body.decode().split())


def link(context: FakeContext) -> str:
    return urlsplit(context.channels["desk"].sent[0][1].ack_url).path


def test_one_tap_acknowledges_everything_that_the_page_lists() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(450):
        fire(context, f"f{n}")
    minutes(context, 1)
    assert [title.partition(":")[0] for title in titles(context)] == ["450 alerts of test"]
    assert "Acknowledge" in tap(context, link(context), "GET")
    assert {doc.data["state"] for doc in docs(context, "alerts")} == {"firing"}
    assert "Acknowledged until 13:01. If one is still firing then, you are notified again." in tap(
        context, link(context)
    )
    assert {doc.data["state"] for doc in docs(context, "alerts")} == {"acknowledged"}
    minutes(context, 60)
    assert len(titles(context)) == 1


def test_the_page_of_an_alert_that_another_route_still_holds_has_its_button() -> None:
    pausing = {"matchers": ["source=github"], "continue": True, "channel": "call", "auto_pause": "15m"}
    context = configured(route={"channel": "desk", "routes": [pausing, {"matchers": ["source=github"]}]})
    fire(context)
    assert "There is nothing to acknowledge" not in tap(context, link(context), "GET")
    tap(context, link(context))
    assert alert(context)["state"] == "acknowledged"


def test_the_page_shows_the_alerts_of_a_group_as_the_button_left_them() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(3):
        fire(context, f"f{n}")
    minutes(context, 1)
    assert "Snoozed until 10:01." in tap(context, f"{link(context)}/snooze/1h")
    resolved = tap(context, f"{link(context)}/resolve")
    assert "Resolved. If it fires again, a new episode starts." in resolved
    assert resolved.count('<span class="d">resolved, since') == 3
    again = tap(context, f"{link(context)}/resolve")
    assert "Already resolved at" in again
    assert again.count('<span class="d">resolved, since') == 3


def test_snoozing_a_group_again_moves_its_time_and_writes_each_alert_once_and_who_did_it() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(3):
        fire(context, f"f{n}")
    minutes(context, 1)
    for hours in (1, 2):
        before = len(context.store.commits)
        assert (
            act_on_group(group(context), "snooze", context, by="link", until=context.now + timedelta(hours=hours)) == 3
        )
        (batch,) = context.store.commits[before:]
        written = Counter(write.path.partition("/")[0] for write in batch)
        assert written == Counter(alerts=3, alert_changes=3)
    assert alert(context)["until"] == iso(context.now + timedelta(hours=2))


def test_an_alert_that_has_not_notified_is_not_acknowledged_with_the_rest() -> None:
    context = configured()
    fire(context)
    fire(context, "unseen")
    tap(context, link(context))
    minutes(context, 1)
    assert titles(context) == ["Trouble disk", "Trouble unseen"]


@pytest.mark.parametrize(
    ("button", "state"), [("snooze/1h", "snoozed"), ("snooze/morning", "snoozed"), ("resolve", "resolved")]
)
def test_the_page_of_a_link_also_snoozes_and_resolves(button: str, state: str) -> None:
    context = configured()
    fire(context)
    tap(context, f"{link(context)}/{button}")
    assert alert(context)["state"] == state


@pytest.mark.parametrize("button", ["snooze/1h", "resolve"])
def test_a_button_is_not_pressed_by_following_its_address(button: str) -> None:
    context = configured()
    fire(context)
    for method in ("GET", "HEAD"):
        answer = console(HttpRequest(method, f"{link(context)}/{button}", {}), context)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert alert(context)["state"] == "firing"


def test_until_the_morning_is_eight_on_the_operators_clock() -> None:
    context = configured(timezone="Europe/Berlin")
    fire(context)
    tap(context, f"{link(context)}/snooze/morning")
    assert alert(context)["until"] == "2026-11-21T07:00:00.000000Z"


def test_a_silence_is_made_from_the_link_of_a_page_and_ended_from_the_console() -> None:
    context = configured()
    fire(context)
    shown = tap(context, link(context), "GET")
    path = shown.partition('<a href="/silence/')[2].partition('"')[0]
    form = tap(context, f"/silence/{path}", "GET")
    assert "<dt>source</dt><dd><bdi>github</bdi></dd>" in form
    assert docs(context, "silences") == []
    request = HttpRequest("POST", f"/silence/{path}", {}, body=b"comment=new+disk&for=4h")
    assert console(request, context).status == 200
    (made,) = [doc.data for doc in docs(context, "silences")]
    assert (made["matchers"], made["comment"], made["author"]) == (
        ['alertname="test"', 'source="github"'],
        "new disk",
        "link",
    )
    assert made["ends_at"] == iso(context.now + timedelta(hours=4))
    assert console(HttpRequest("POST", f"/silence/{path}", {}, body=b"for=9y"), context).status == 400


def test_acting_on_one_alert_leaves_the_others_of_its_group_notifying() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 1)
    fire(context, "other")
    (first,) = [doc for doc in docs(context, "alerts") if doc.data["title"] == "Trouble disk"]
    act_on_alert(first, "acknowledge", context, by="cli")
    minutes(context, 4)
    assert titles(context, "call") == ["Trouble other"]
