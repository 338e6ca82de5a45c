"""The alerts of a group have neighbours: none puts off the calls of another, and each says why it calls again."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from functions.console.handler import handle as console
from functions.sweeper.alert_timers import end_timers, escalate_due
from shared.alerting.routes import Route
from shared.ports import Doc
from shared.services.alerting import pages
from shared.services.alerting.acknowledgement import act_on_alert
from shared.services.alerting.silences import expire, silence
from shared.values.http import HttpRequest
from tests.support.fakes import FakeContext
from tests.support.timeline import LOUDER, configured, docs, fire, minutes, titles


def host(context: FakeContext, name: str, status: str = "firing", **more: object) -> None:
    """An alert of the rule Down, about the host *name*."""
    fire(context, f"f{name}", status=status, labels={"alertname": "Down", "host": name}, **more)


def known(context: FakeContext, name: str) -> Doc:
    (alert,) = [doc for doc in docs(context, "alerts") if doc.data["labels"].get("host") == name]
    return alert


def later(context: FakeContext, **time: float) -> None:
    """Time passes, and one sweep comes."""
    context.clock.advance(**time)
    end_timers(context)
    escalate_due(context)


def states(context: FakeContext) -> dict[str, str]:
    return {doc.data["labels"]["host"]: doc.data["state"] for doc in docs(context, "alerts")}


def silenced(context: FakeContext, name: str, **length: float) -> str:
    return silence([f"host={name}"], context.now + timedelta(**length), context, author="me", comment="known")


def tap(context: FakeContext, number: int = 0, button: str = "") -> str:
    """The answer to a tap on the notification *number*."""
    path = urlsplit(context.channels["desk"].sent[number][1].ack_url).path
    answer = console(HttpRequest("POST", f"{path}{button}", {}), context)
    return " ".join(answer.body.decode().split())


def text(context: FakeContext, number: int = -1) -> list[str]:
    """The lines of a notification, without the one about the runbook."""
    lines = context.channels["desk"].sent[number][1].text.splitlines()
    return [line for line in lines if "unbook" not in line]


def test_the_silence_of_one_alert_leaves_the_calls_of_another_of_its_group_alone() -> None:
    context = configured()
    host(context, "a")
    silenced(context, "a", days=7)
    later(context, minutes=31)
    host(context, "b")
    later(context, minutes=30)
    later(context, minutes=60)
    assert titles(context) == ["Trouble fa", *["Trouble fb"] * 3]


def test_an_alert_that_joins_after_long_waits_is_called_about_as_often_as_a_new_one() -> None:
    context = configured()
    host(context, "a")
    for wait in (30, 60, 120, 1):
        later(context, minutes=wait)
    host(context, "b")
    act_on_alert(known(context, "a"), "snooze", context, by="cli", until=context.now + timedelta(days=3))
    before = len(titles(context))
    later(context, minutes=30)
    assert titles(context)[before - 1 :] == ["Trouble fb", "Trouble fb"]


def test_a_silence_that_is_ended_early_brings_back_the_calls_of_what_had_notified() -> None:
    context = configured()
    host(context, "a")
    id = silenced(context, "a", days=7)
    later(context, minutes=31)
    assert known(context, "a").data["held"]["by"] == "silence"
    expire(id, context)
    later(context, minutes=1)
    later(context, minutes=30)
    assert titles(context) == ["Trouble fa"] * 3
    assert text(context, 1) == ["Still firing. It was silenced by me until 09:31: known."]


def test_to_end_a_silence_again_completes_what_a_crash_has_left() -> None:
    context = configured()
    id = silenced(context, "a", days=7)
    host(context, "a")
    before = known(context, "a")
    expire(id, context)
    context.store.docs[before.path] = before
    expire(id, context)
    minutes(context, 1)
    assert titles(context) == ["Trouble fa"]


def test_notifications_about_others_do_not_extend_the_wait_for_the_groups_interval() -> None:
    context = configured()
    host(context, "a")
    context.clock.advance(seconds=10)
    host(context, "b")
    context.clock.advance(seconds=51)
    host(context, "c")
    end_timers(context)
    assert titles(context) == ["Trouble fa", "Trouble fc", "Trouble fb"]


@pytest.mark.parametrize(
    ("button", "state"), [("", "acknowledged"), ("/snooze/1h", "snoozed"), ("/resolve", "resolved")]
)
def test_a_button_acts_on_what_its_notification_named_and_not_on_what_has_joined_since(button: str, state: str) -> None:
    context = configured()
    host(context, "a")
    later(context, minutes=2)
    host(context, "b")
    tap(context, 0, button)
    assert states(context) == {"a": state, "b": "firing"}
    later(context, minutes=31)
    assert titles(context) == ["Trouble fa", "Trouble fb", "Trouble fb"]
    tap(context, 2)
    assert states(context) == {"a": state, "b": "acknowledged"}


def test_a_notification_that_repeats_acknowledges_all_that_it_names() -> None:
    context = configured()
    host(context, "a")
    later(context, minutes=2)
    host(context, "b")
    later(context, minutes=30)
    assert titles(context)[-1] == "2 alerts of Down: Trouble fa"
    tap(context, -1)
    assert set(states(context).values()) == {"acknowledged"}


@pytest.mark.parametrize("listed", [3, 400])
def test_a_page_of_many_alerts_acknowledges_all_that_it_counts_and_not_what_joins_later(
    listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "NAMED", listed)
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for number in range(25):
        host(context, str(number))
    later(context, minutes=1)
    assert titles(context)[0].startswith("25 alerts of Down")
    later(context, minutes=1)
    host(context, "late")
    tap(context)
    assert [name for name, state in states(context).items() if state == "firing"] == ["late"]


def test_the_link_of_an_earlier_release_acknowledges_the_whole_escalation_that_it_names() -> None:
    context = configured()
    host(context, "a")
    later(context, minutes=2)
    host(context, "b")
    (group,) = docs(context, "groups")
    claims = {"group": group.id, "call": group.data["called_at"]}
    token = context.links.token("ack", claims, expires=context.now + timedelta(days=1))
    assert console(HttpRequest("POST", f"/ack/{token}", {}), context).status == 200
    assert set(states(context).values()) == {"acknowledged"}


def test_alerts_with_one_title_are_named_by_the_labels_that_differ_and_their_rule_is_said_once() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for pod in ("web-1", "db-0", "mail-7"):
        labels = {"alertname": "Crashing", "namespace": "prod", "pod": pod, "container": "c"}
        fire(context, pod, title="Crashing: Pod is crash looping.", labels=labels)
        context.clock.advance(seconds=1)
    minutes(context, 1)
    assert titles(context) == ["3 alerts of Crashing: Pod is crash looping."]
    assert text(context) == ["!! pod web-1", "!! pod db-0", "!! pod mail-7"]
    path = urlsplit(context.channels["desk"].sent[0][1].ack_url).path
    shown = console(HttpRequest("GET", path, {}), context).body.decode()
    assert [shown.count(f"<bdi>pod {pod}</bdi>") for pod in ("web-1", "db-0", "mail-7")] == [1, 1, 1]
    assert shown.count("<bdi>Crashing: Pod is crash looping.</bdi>") == 0


Wait = Callable[[FakeContext], object]


def acknowledged(context: FakeContext) -> None:
    context.clock.advance(minutes=5)
    tap(context)


def acknowledged_by_its_sender(context: FakeContext) -> None:
    host(context, "a", "acknowledged")


def snoozed(context: FakeContext) -> None:
    tap(context, 0, "/snooze/1h")


def put_off(context: FakeContext) -> None:
    silenced(context, "a", minutes=35)
    later(context, minutes=30)


def more_severe(context: FakeContext) -> None:
    tap(context)
    context.clock.advance(minutes=1)
    host(context, "a", severity="critical")
    later(context, minutes=1)


@pytest.mark.parametrize(
    ("wait", "after", "why"),
    [
        (acknowledged, 240, "Still firing. You acknowledged it at 09:05 for 4 h."),
        (acknowledged_by_its_sender, 240, "Still firing. Its sender acknowledged it at 09:00 for 4 h."),
        (snoozed, 60, "Still firing. You snoozed it at 09:00 until 10:00."),
        (put_off, 5, "Still firing. It was silenced by me until 09:35: known."),
        (lambda _: None, 30, "Not acknowledged for 30 min; repeat 1 of 5."),
        (more_severe, 0, "More severe than before: now critical."),
    ],
)  # fmt: skip
def test_a_notification_about_the_same_alert_says_why_it_comes(wait: Wait, after: int, why: str) -> None:
    context = configured(route={"channel": "desk", "interrupt_from": "warning"})
    host(context, "a", severity="warning")
    wait(context)
    later(context, minutes=after)
    assert len(titles(context)) == 2
    assert text(context)[-1] == why
    causes = [sent.data["cause"] for sent in docs(context, "outbox")]
    assert sorted(bool(cause["because"]) for cause in causes) == [False, True]


def test_the_end_of_a_mute_a_pause_and_an_inhibition_says_what_has_ended() -> None:
    context = configured(
        route={"channel": "desk", "group_by": ["..."], "routes": [
            {"matchers": ["host=a"], "mute_time_intervals": ["morning"]},
            {"matchers": ["host=b"], "auto_pause": "5m"},
        ]},
        time_intervals={"morning": [{"times": [{"start_time": "08:00", "end_time": "09:10"}]}]},
        inhibit_rules=[{"source_matchers": ["host=d"], "target_matchers": ["host=c"]}],
    )  # fmt: skip
    for name in "dabc":
        host(context, name)
        context.clock.advance(seconds=1)
    minutes(context, 2)
    host(context, "d", "resolved")
    minutes(context, 10)
    notices = [notice for _, notice in context.channels["desk"].sent[1:] if not notice.resolves]
    sent = [(notice.title, notice.text.splitlines()[0]) for notice in notices]
    assert sent == [
        ("Trouble fc", "Still firing. It was inhibited by Trouble fd."),
        ("Trouble fb", "Still firing after its pause."),
        ("Trouble fa", "Still firing. It was muted during morning."),
    ]


def test_after_an_acknowledgement_the_console_says_what_has_ended() -> None:
    context = configured()
    host(context, "a")
    tap(context)
    later(context, minutes=240)
    path = urlsplit(context.channels["desk"].sent[-1][1].ack_url).path
    shown = console(HttpRequest("GET", path, {}), context).body.decode()
    assert "Still firing. You acknowledged it at 09:00 for 4 h." in shown


def test_an_empty_group_by_makes_one_group_of_a_route_and_a_wait_of_zero_is_none() -> None:
    routes = [{"matchers": ["team=x"], "group_by": [], "group_wait": 0}]
    context = configured(route={"channel": "desk", "group_wait": "30s", "routes": routes})
    for number, rule in enumerate(["Down", "Slow", "Full"]):
        fire(context, rule, labels={"alertname": rule, "team": "x", "host": str(number)})
    minutes(context, 1)
    assert [title.partition(":")[0] for title in titles(context)] == ["Trouble Down", "2 alerts in one group"]
    assert [group.data["labels"] for group in docs(context, "groups")] == [{}]
    assert Route.model_validate({"channel": "desk", "group_wait": "0"}).group_wait == timedelta(0)


def twice_silenced(context: FakeContext) -> None:
    for wait, length in ((14, 20), (10, 40)):
        minutes(context, wait)
        silenced(context, "a", minutes=length)


def silenced_in_an_earlier_release(context: FakeContext) -> None:
    minutes(context, 15)
    (group,) = docs(context, "groups")
    context.store.docs[group.path] = group._replace(data={**group.data, "courses": {}})
    silenced(context, "a", minutes=40)


def inhibited_for_long(context: FakeContext) -> None:
    minutes(context, 7)
    fire(context, "root", labels={"alertname": "Root"})
    minutes(context, 15)
    fire(context, "root", status="resolved", labels={"alertname": "Root"})


@pytest.mark.parametrize("wait", [twice_silenced, silenced_in_an_earlier_release, inhibited_for_long])
def test_an_escalation_goes_on_at_its_place_however_often_and_long_it_is_interrupted(wait: Wait) -> None:
    inhibition = {"source_matchers": ["alertname=Root"], "target_matchers": ["alertname=Down"]}
    context = configured(**LOUDER, inhibit_rules=[inhibition])
    host(context, "a")
    wait(context)
    minutes(context, 40)
    own = {name: titles(context, name).count("Trouble fa") for name in ("desk", "call", "friend")}
    assert (own["desk"], own["call"], own["friend"] > 0) == (1, 1, True)
