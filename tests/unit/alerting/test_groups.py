"""A group calls, ever louder and then ever more rarely, until somebody acknowledges: minute by minute over fakes."""

from datetime import timedelta

import pytest

from functions.sweeper import alert_timers as timers
from functions.sweeper.handler import sweep
from shared.events import Tick
from shared.health.failures import FAILURES
from shared.services.alerting.acknowledgement import act_on_group
from shared.services.alerting.silences import silence
from tests.support.timeline import LOUDER, alert, configured, docs, fire, group, minutes, titles


def test_nobody_acknowledges_so_it_gets_louder_then_rarer_and_then_opos_gives_up_and_says_so() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 200)
    sent = {name: titles(context, name) for name in ("desk", "call", "friend")}
    assert sent == {"desk": ["Trouble disk"], "call": ["Trouble disk"], "friend": ["Trouble disk"] * 3}
    last = context.channels["friend"].sent[-1][1].text
    assert "Not acknowledged for 105 min; repeat 2 of 2. This is the last notification about it" in last
    said = [doc.data for doc in docs(context, "alerts") if doc.data["source"] == "opos"]
    gave_up = [one for one in said if one["title"] != FAILURES["digest-late"].title]  # no digest is sent here
    assert [(one["title"], one["pending"]["queue"]) for one in gave_up] == [
        ("Nobody acknowledged: Trouble disk", "digest")
    ]
    assert docs(context, "groups")[0].data["gave_up_at"] is not None


def test_each_page_has_a_key_and_a_cost_of_its_own_and_names_its_cause() -> None:
    context = configured(**LOUDER, focus={"night": {"from": "09:04", "to": "10:00", "factor": 3}})
    fire(context)
    minutes(context, 15)
    pages = sorted((doc.data for doc in docs(context, "outbox")), key=lambda page: page["created_at"])
    assert len({doc.id for doc in docs(context, "outbox")}) == 3
    assert [(page["cause"]["kind"], page["cause"]["step"], page["cost"]) for page in pages] == [
        ("first", "level 1 of 3", 1.0), ("again", "level 2 of 3", 15.0), ("again", "level 3 of 3", 3.0),
    ]  # fmt: skip
    assert pages[0]["cause"]["events"] == [docs(context, "events")[0].id]


def test_a_doubled_sweep_pages_once() -> None:
    context = configured(**LOUDER)
    fire(context)
    context.clock.advance(minutes=5)
    for _ in range(3):
        sweep(Tick(), context)
    assert titles(context, "call") == ["Trouble disk"]


def test_an_acknowledged_alert_stays_silent_until_its_acknowledgement_ends_and_then_calls_again() -> None:
    context = configured(**{**LOUDER, "route": {"channel": "desk", "escalation": "me", "ack_timeout": "1h"}})
    fire(context)
    act_on_group(group(context), "acknowledge", context, by="link")
    minutes(context, 59)
    fire(context)
    assert (titles(context), titles(context, "call"), alert(context)["count"]) == (["Trouble disk"], [], 2)
    minutes(context, 1)
    assert titles(context) == ["Trouble disk", "Trouble disk"]
    minutes(context, 5)
    assert titles(context, "call") == ["Trouble disk"]


def test_a_snoozed_alert_rests_until_then_and_calls_again_if_it_still_fires() -> None:
    context = configured()
    fire(context)
    act_on_group(group(context), "snooze", context, by="link", until=context.now + timedelta(hours=2))
    minutes(context, 119)
    assert (alert(context)["state"], titles(context)) == ("snoozed", ["Trouble disk"])
    minutes(context, 1)
    assert (alert(context)["state"], titles(context)) == ("firing", ["Trouble disk"] * 2)


@pytest.mark.parametrize("how", ["its sender", "a person"])
def test_a_resolve_ends_the_call(how: str) -> None:
    context = configured(**LOUDER)
    fire(context)
    if how == "its sender":
        fire(context, status="resolved")
    else:
        act_on_group(group(context), "resolve", context, by="cli")
    minutes(context, 30)
    assert (titles(context, "call"), alert(context)["state"]) == ([], "resolved")
    assert docs(context, "groups")[0].data["due_at"] is None


def test_what_fires_anew_after_a_call_that_no_sweep_has_ended_yet_begins_a_call_of_its_own() -> None:
    context = configured(**LOUDER)
    fire(context)
    fire(context, status="resolved")
    context.clock.advance(minutes=4)
    fire(context, "other")
    minutes(context, 4)
    assert titles(context, "call") == []
    minutes(context, 1)
    assert titles(context, "call") == ["Trouble other"]


def test_an_alert_that_joins_a_group_that_is_called_about_does_not_put_off_the_next_level() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 3)
    fire(context, "other")
    assert titles(context) == ["Trouble disk", "Trouble other"]
    minutes(context, 2)
    assert titles(context, "call") == ["2 alerts of test: Trouble disk"]


def test_a_page_after_a_silence_was_made_is_put_off_until_it_ends() -> None:
    context = configured(**LOUDER)
    fire(context)
    silence(["source=github"], context.now + timedelta(minutes=20), context, author="me", comment="mending")
    minutes(context, 19)
    assert titles(context, "call") == []
    minutes(context, 1)
    assert titles(context, "call") == ["Trouble disk"]


def test_of_many_groups_that_are_due_at_once_so_many_are_told_in_a_minute() -> None:
    context = configured()
    for n in range(12):
        fire(context, f"f{n}", labels={"alertname": f"A{n}"})
        minutes(context, 1)
    sent = len(titles(context))
    context.clock.advance(minutes=40)
    timers.escalate_due(context)
    assert len(titles(context)) - sent == 5


def test_a_sender_that_acknowledges_ends_the_escalation_as_a_person_does() -> None:
    context = configured(**LOUDER)
    fire(context)
    fire(context, status="acknowledged")
    minutes(context, 30)
    assert (alert(context)["state"], alert(context)["acknowledged_by"]) == ("acknowledged", "its sender")
    assert titles(context, "call") == []


def test_a_sender_that_acknowledges_what_is_not_open_changes_nothing() -> None:
    context = configured()
    fire(context, status="acknowledged")
    assert docs(context, "alerts") == []
