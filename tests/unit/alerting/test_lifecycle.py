"""What one signal, or one act of a person, makes of an alert."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alerting.actions import act, end_timer
from shared.alerting.alert import AlertDoc, alert_id, effective_severity, flaps, labels_of, resolved
from shared.alerting.lifecycle import Change, Received, Thresholds, apply, noted
from shared.alerting.state_machine import INPUTS, STATES, TABLE
from shared.events import Alert, BusinessEvent, iso

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOW + 4 * MINUTE


def signal(severity: str = "critical", status: str = "firing", **more: Any) -> Alert:
    return Alert.model_validate(
        {"fingerprint": "disk", "title": "Disk full", "severity": severity, "status": status, **more}
    )


def received(
    said: Alert, known: AlertDoc | None = None, *, at: datetime = NOW, now: datetime | None = None,
    thresholds: Thresholds | None = None,
) -> Change:  # fmt: skip
    """*said* arrives *at* a moment, and is handled *now*."""
    labels = labels_of(said, source="app", type="test")
    return apply(Received(said, "a1", "app", "e1", labels, at, now or at, thresholds or Thresholds()), known)


def after(*signals: Alert, every: timedelta = MINUTE) -> AlertDoc:
    known: AlertDoc | None = None
    for number, one in enumerate(signals):
        change = received(one, known, at=NOW + number * every)
        known = {**change.alert, "told_at": iso(NOW)} if change.alert else known
    assert known is not None
    return known


def doc(change: Change) -> AlertDoc:
    assert change.alert is not None
    return change.alert


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_an_alert_that_fires_for_the_first_time_wants_to_be_told(severity: str) -> None:
    change = received(signal(severity))
    assert (change.effect, change.reason) == ("notify", f"{severity} and new")
    assert (doc(change)["state"], doc(change)["episode"], doc(change)["count"]) == ("firing", 1, 1)


@pytest.mark.parametrize("severity", ["", "CRITICAL", "sev1", "warn ing", "\u202e"])
def test_an_unknown_severity_counts_as_critical_and_says_so(severity: str) -> None:
    change = received(signal(severity))
    assert "unknown" in change.reason
    assert (doc(change)["severity"], effective_severity(severity)) == ("critical", "critical")


@pytest.mark.parametrize("state", ["firing", "acknowledged", "snoozed"])
def test_a_repeat_counts_and_tells_nobody_in_every_open_state(state: str) -> None:
    change = received(signal(), {**after(signal()), "state": state}, at=NOW + MINUTE)
    assert (change.effect, doc(change)["state"], doc(change)["count"]) == ("count", state, 2)
    assert doc(change)["first_seen"] < doc(change)["last_seen"]


@pytest.mark.parametrize("state", ["firing", "acknowledged", "snoozed"])
def test_a_warning_that_becomes_critical_is_told_again_in_every_open_state(state: str) -> None:
    change = received(signal("critical"), {**after(signal("warning")), "state": state}, at=NOW + MINUTE)
    assert (change.effect, doc(change)["state"], doc(change)["severity"]) == ("notify", "firing", "critical")
    assert change.reason == "more severe than before, now critical"


def test_a_critical_alert_that_repeats_as_a_warning_stays_critical() -> None:
    change = received(signal("warning"), after(signal("critical")), at=NOW + MINUTE)
    assert (change.effect, doc(change)["severity"]) == ("count", "critical")


def test_a_resolve_closes_the_alert_and_stops_everything_that_was_to_come() -> None:
    known = {**after(signal()), "calls_at": iso(NOW), "group": "g", "until": iso(NOW)}
    change = received(signal(status="resolved"), known, at=NOW + MINUTE)
    assert (change.effect, doc(change)["state"]) == ("close", "resolved")
    assert [doc(change)[name] for name in ("calls_at", "group", "until", "inhibits")] == [None] * 4


def test_firing_again_after_a_resolve_is_a_new_episode() -> None:
    change = received(signal(), after(signal(), signal(), signal(status="resolved")), at=NOW + 3 * MINUTE)
    assert (change.effect, doc(change)["episode"], doc(change)["count"]) == ("notify", 2, 1)
    assert doc(change)["told_at"] is None


# Out of order


def test_a_resolve_of_an_unknown_alert_is_written_down_so_that_its_late_firing_pages_nobody() -> None:
    gone = received(signal(status="resolved"), at=NOW + MINUTE)
    assert (gone.effect, doc(gone)["state"]) == ("record", "resolved")
    late = received(signal(), doc(gone), at=NOW, now=NOW + 2 * MINUTE)
    assert (late.effect, doc(late)["state"], doc(late)["title"]) == ("close", "resolved", "Disk full")
    assert late.reason == "resolved before it was processed"


def test_a_firing_after_the_resolve_of_an_unknown_alert_is_its_first_episode() -> None:
    change = received(signal(), doc(received(signal(status="resolved"))), at=NOW + MINUTE)
    assert (change.effect, doc(change)["episode"]) == ("notify", 1)


def test_a_firing_that_arrived_before_the_resolve_but_is_handled_after_it_changes_nothing() -> None:
    known = after(signal(), signal(status="resolved"))
    late = received(signal(), known, at=NOW + MINUTE / 2, now=NOW + 5 * MINUTE)
    assert (late.effect, doc(late)["state"], doc(late)["count"]) == ("record", "resolved", 1)


def test_a_resolve_that_arrived_before_the_last_firing_does_not_close_it() -> None:
    known = after(signal(), signal(status="resolved"), signal())
    late = received(signal(status="resolved"), known, at=NOW + MINUTE, now=NOW + 5 * MINUTE)
    assert (late.effect, doc(late)["state"]) == ("record", "firing")


def test_the_senders_own_time_decides_the_order_where_it_gives_one() -> None:
    known = doc(received(signal(at=NOW), at=NOW + MINUTE))
    late = received(signal(status="resolved", at=NOW - MINUTE), known, at=NOW + 2 * MINUTE)
    assert (late.effect, late.reason) == ("record", "resolves an earlier episode, not the open one")
    assert received(signal(status="resolved", at=NOW + MINUTE), known, at=NOW + 2 * MINUTE).effect == "close"


def test_a_senders_clock_that_runs_ahead_of_ours_is_not_believed() -> None:
    known = doc(received(signal(at=NOW + timedelta(hours=3)), at=NOW))
    assert known["said_at"] == iso(NOW)
    assert received(signal(status="resolved"), known, at=NOW + MINUTE).effect == "close"


def test_a_resolve_that_names_an_earlier_beginning_does_not_close_the_later_episode() -> None:
    known = after(signal(began=NOW), signal(status="resolved", began=NOW), signal(began=NOW + 2 * MINUTE))
    late = received(signal(status="resolved", began=NOW), known, at=NOW + 3 * MINUTE)
    assert (late.effect, late.alert) == ("record", None)


def test_the_same_beginning_firing_again_after_its_resolve_is_told_since_a_sender_may_have_lost_sight_of_it() -> None:
    known = after(signal(began=NOW), signal(status="resolved", began=NOW))
    assert received(signal(began=NOW), known, at=NOW + 3 * MINUTE).effect == "notify"


def test_a_firing_of_an_earlier_beginning_is_late_unless_its_sender_goes_on_saying_it() -> None:
    """An Alertmanager of a pair may know of the problem for longer than the other, and repeat that."""
    known = after(signal(began=NOW), signal(status="resolved", began=NOW))
    earlier = signal(began=NOW - 9 * MINUTE)
    late = received(earlier, known, at=NOW + 2 * MINUTE)
    assert (late.effect, doc(late)["state"]) == ("record", "resolved")
    assert received(earlier, doc(late), at=NOW + timedelta(hours=4)).effect == "notify"


def test_a_resolve_with_an_earlier_beginning_closes_the_episode_if_it_ended_in_it() -> None:
    known = after(signal(began=NOW))
    for ended, effect in ((NOW - MINUTE, "record"), (NOW + MINUTE, "close")):
        over = signal(status="resolved", began=NOW - 9 * MINUTE, ended=ended)
        assert received(over, known, at=NOW + 2 * MINUTE).effect == effect


def test_an_end_before_the_beginning_by_another_clock_closes_the_episode() -> None:
    over = signal(status="resolved", began=NOW, ended=NOW - MINUTE)
    assert received(over, after(signal(began=NOW)), at=NOW + 2 * MINUTE).effect == "close"


def test_a_history_that_arrives_weeks_late_is_ordered_by_its_own_times() -> None:
    weeks = timedelta(weeks=3)
    gone = received(signal(status="resolved", at=NOW + MINUTE), at=NOW + weeks)
    assert received(signal(at=NOW), doc(gone), at=NOW + weeks + MINUTE).effect == "close"


def test_a_firing_whose_time_is_far_older_than_a_recent_resolve_notifies() -> None:
    gone = received(signal(status="resolved"))
    assert received(signal(at=NOW - timedelta(weeks=3)), doc(gone), at=NOW + MINUTE).effect == "notify"


def test_a_resolve_of_what_is_over_changes_no_state() -> None:
    known = after(signal(), signal(status="resolved"))
    again = received(signal(status="resolved"), known, at=NOW + 2 * MINUTE)
    assert (again.effect, doc(again)["state"], doc(again)["episode"]) == ("record", "resolved", 1)


# Thresholds and flapping


def test_below_critical_an_alert_is_told_when_it_fired_as_often_as_its_route_asks() -> None:
    known, effects = None, []
    for number in range(4):
        change = received(signal("warning"), known, at=NOW + number * MINUTE, thresholds=Thresholds(failure=3))
        known = doc(change)
        effects.append(change.effect)
    assert effects == ["count", "count", "notify", "count"]


def test_no_threshold_keeps_a_critical_alert_waiting() -> None:
    assert received(signal("critical"), thresholds=Thresholds(failure=3)).effect == "notify"


def test_below_critical_an_alert_is_over_when_it_resolved_as_often_as_its_route_asks_without_firing_between() -> None:
    thresholds, known = Thresholds(success=2), after(signal("warning"))
    states = []
    for number, status in enumerate(["resolved", "firing", "resolved", "resolved"], start=1):
        known = doc(received(signal("warning", status), known, at=NOW + number * MINUTE, thresholds=thresholds))
        states.append(known["state"])
    assert states == ["firing", "firing", "firing", "resolved"]


def test_flaps_are_the_episodes_of_the_last_hour_before_the_present_one() -> None:
    known = after(*[signal(), signal(status="resolved")] * 4, signal())
    assert flaps(known, NOW + 8 * MINUTE) == 4
    assert flaps(known, NOW + timedelta(hours=1, minutes=3)) == 2


# What a person does


def test_an_acknowledgement_holds_until_its_time_comes_and_then_calls_again() -> None:
    known = {**after(signal()), "group": "g"}
    taken = doc(act(known, "is acknowledged", by="link", now=NOW, until=NOW + 4 * MINUTE))
    assert (taken["state"], taken["calls_at"], taken["acknowledged_by"]) == (
        "acknowledged",
        iso(NOW + 4 * MINUTE),
        "link",
    )
    woken = end_timer(taken)
    assert (woken.effect, doc(woken)["state"]) == ("notify", "firing")
    assert "was acknowledged" in woken.reason


def test_an_alert_that_never_interrupts_does_not_call_when_its_acknowledgement_ends() -> None:
    taken = doc(act(after(signal("warning")), "is acknowledged", by="link", now=NOW, until=NOW + MINUTE))
    assert taken["calls_at"] is None


def test_acknowledging_twice_is_acknowledging_once_and_what_is_over_cannot_be() -> None:
    taken = doc(act(after(signal()), "is acknowledged", by="link", now=NOW, until=LATER))
    assert act(taken, "is acknowledged", by="link", now=NOW + MINUTE, until=LATER).alert is None
    assert act(resolved(taken, NOW, by="link"), "is snoozed", by="link", now=NOW, until=LATER).alert is None
    assert act(None, "is acknowledged", by="link", now=NOW, until=LATER).alert is None


# Names


def test_a_business_event_is_never_open() -> None:
    event = BusinessEvent(title="New customer")
    change = noted(event, None, id="a1", labels={"source": "stripe"}, event="e1", now=NOW)
    assert (change.effect, doc(change)["state"]) == ("notify", "noted")


def test_each_business_event_is_its_own_and_each_alert_its_fingerprints() -> None:
    event = BusinessEvent(title="New customer")
    assert alert_id("s", "e1", 0, event) != alert_id("s", "e1", 1, event)
    assert alert_id("s", "e1", 0, signal()) == alert_id("s", "e2", 1, signal())
    assert alert_id("s", "e1", 0, signal()) != alert_id("t", "e1", 0, signal())


def test_a_sender_cannot_say_that_it_is_another_source() -> None:
    said = signal(labels={"source": "stripe", "severity": "page", "host": "db"})
    assert labels_of(said, source="app", type="trouble") == {
        "alertname": "trouble", "incident": "disk", "severity": "page", "host": "db", "exported_source": "stripe", "source": "app",
    }  # fmt: skip


def test_an_alert_whose_sender_names_its_rule_may_be_grouped_with_others_of_it() -> None:
    assert "incident" not in labels_of(signal(labels={"alertname": "DiskFull"}), source="app", type="trouble")


def test_the_table_says_something_of_every_happening_in_every_state() -> None:
    assert list(TABLE) == list(STATES)
    assert all(list(row) == list(INPUTS) for row in TABLE.values())
