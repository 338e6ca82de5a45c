"""What is held back for a while, and what becomes of it then: minute by minute over fakes."""

from datetime import timedelta

from functions.digest_sender.handler import handle as send_digests
from shared.events import DigestDue, iso
from shared.ports import Create
from shared.services.alerting.silences import expire, silence
from tests.support.timeline import alert, configured, fire, minutes, titles


def test_what_resolves_within_the_pause_never_interrupts() -> None:
    context = configured(route={"channel": "desk", "auto_pause": "5m"})
    fire(context)
    minutes(context, 4)
    fire(context, status="resolved")
    minutes(context, 30)
    assert (titles(context), alert(context)["pending"]["queue"]) == ([], "digest")


def test_what_lasts_longer_than_the_pause_interrupts() -> None:
    context = configured(route={"channel": "desk", "auto_pause": "5m"})
    fire(context)
    minutes(context, 5)
    assert titles(context) == ["Trouble disk"]


def test_a_silenced_alert_interrupts_when_its_silence_ends_early() -> None:
    context = configured()
    id = silence(["source=github"], context.now + timedelta(days=1), context, author="me", comment="new disk")
    fire(context)
    minutes(context, 60)
    assert titles(context) == []
    expire(id, context)
    minutes(context, 1)
    assert titles(context) == ["Trouble disk"]


def test_a_silenced_alert_that_resolves_is_written_down_and_told_to_nobody() -> None:
    context = configured()
    silence(["source=github"], context.now + timedelta(days=1), context, author="me", comment="new disk")
    fire(context)
    fire(context, status="resolved")
    assert (alert(context)["state"], alert(context)["pending"]) == ("resolved", None)


def test_an_inhibited_alert_interrupts_within_its_groups_interval_after_its_cause_is_gone() -> None:
    rule = {"source_matchers": ["alertname=Down"], "target_matchers": ["alertname=Slow"]}
    context = configured(inhibit_rules=[rule])
    fire(context, "down", labels={"alertname": "Down"})
    fire(context, "slow", labels={"alertname": "Slow"})
    minutes(context, 10)
    assert titles(context) == ["Trouble down"]
    fire(context, "down", status="resolved", labels={"alertname": "Down"})
    minutes(context, 2)
    assert titles(context) == ["Trouble down", "Trouble slow"]


def test_alerts_of_a_group_that_waits_are_one_page_in_the_end() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(3):
        fire(context, f"f{n}")
        context.clock.advance(seconds=5)
    minutes(context, 1)
    assert titles(context) == ["3 alerts of test: Trouble f0"]


def test_a_warning_in_focus_waits_for_the_digest_and_a_critical_one_does_not() -> None:
    context = configured(route={"channel": "desk", "interrupt_from": "info"})
    until = iso(context.now + timedelta(hours=1))
    context.store.commit([Create("focus/f1", {"name": "writing", "begins_at": iso(context.now), "ends_at": until})])
    fire(context, "slow", "warning")
    fire(context)
    assert titles(context) == ["Trouble disk"]
    context.clock.advance(minutes=59)
    send_digests(DigestDue(queue="digest", reason="window"), context)
    assert context.channels["inbox"].sent == []
    context.clock.advance(minutes=1)
    send_digests(DigestDue(queue="digest", reason="window"), context)
    ((_, digest),) = context.channels["inbox"].sent
    assert digest.text.splitlines()[1:3] == [
        "! Trouble slow (github, since 09:00)",
        "   warning during the focus block writing: waits for the digest",
    ]


def test_the_budget_of_the_day_is_spent_by_whatever_interrupts_and_begins_anew_at_the_operators_midnight() -> None:
    context = configured(
        timezone="America/New_York",
        route={"channel": "desk", "interrupt_from": "info"},
        focus={"budget": {"interruptions_per_day": 2}},
    )
    for n in range(4):
        fire(context, f"f{n}", "warning", labels={"alertname": f"A{n}"})
        context.clock.advance(minutes=2)
    assert titles(context) == ["Trouble f0", "Trouble f1"]
    context.clock.advance(hours=20)
    fire(context, "next day", "warning", labels={"alertname": "B"})
    assert titles(context)[2:] == ["Trouble next day"]
