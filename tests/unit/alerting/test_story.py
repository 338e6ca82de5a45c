"""The story of an episode, from the documents that are about it."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.alert import AlertDoc, as_alert, resolved
from shared.alerting.changes import ChangeDoc, Kind, Person, as_change, change
from shared.alerting.related import Happening, around, endings, flag_changes, likely_causes, related_alerts
from shared.alerting.story import Entry, Facts, Lengths, Sent, actor, entries, lengths
from shared.events import document_id, iso
from shared.ports import Doc
from tests.support.alerts import NOW, fired


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def sent(receiver: str, at: datetime, **data: Any) -> Sent:
    content = {
        "state": "sent", "attempts": 1, "receipt": {"detail": "", "at": iso(at)}, "last_fault": None,
        "cause": {"kind": "first", "step": "level 1 of 2", "because": ""}, **data,
    }  # fmt: skip
    return Sent(Doc(f"outbox/{document_id(receiver, iso(at))}", content, "1"), receiver, iso(at))


def acted(
    alert: AlertDoc, *acts: tuple[Kind, datetime, datetime | None], via: str = "link"
) -> tuple[AlertDoc, list[ChangeDoc]]:
    made = []
    for kind, at, until in acts:
        alert, created = change(alert, kind, at, via=via, until=until and iso(until), person=Person("me", "Firefox"))
        made.append(as_change(dict(created.data)))
    return alert, made


def facts(alert: AlertDoc, **more: Any) -> Facts:
    return Facts(alert, alert["episode"], alert["episodes"][-1], **more)


def told(story: list[Entry]) -> list[str]:
    return [entry.words for entry in story]


def test_an_escalation_an_acknowledgement_that_ended_and_a_resolve_are_told_in_order() -> None:
    alert, changes = acted(fired(), ("acknowledge", later(minutes=9), later(minutes=69)))
    again = {"kind": "again", "step": "level 2 of 2", "because": "Not acknowledged for 7 min; level 2 of 2."}
    messages = [sent("phone", NOW), sent("call", later(minutes=7), cause=again), sent("phone", later(minutes=70))]
    ended = resolved(alert, later(minutes=80), by="sender", event="e9")
    known = facts(ended, changes=changes, messages=messages, reason="critical and new; notifies now")
    story = entries(known, later(hours=3))
    assert told(story) == [
        "Started firing", "Notified phone", "Notified call", "You acknowledged it", "The acknowledgement ended",
        "Notified phone again", "Its sender resolved it",
    ]  # fmt: skip
    assert [entry.kind for entry in story[1:4]] == ["notified", "escalated", "acknowledged"]
    assert (story[0].detail, story[0].target) == ("critical and new; notifies now", ("event", "e1"))
    assert story[2].detail == "Not acknowledged for 7 min; level 2 of 2. Delivered."
    assert (story[3].who, story[-1].target) == ("me, link of a notification, Firefox", ("event", "e9"))
    assert lengths(known, story) == Lengths(timedelta(0), timedelta(minutes=9), timedelta(minutes=80))


def test_an_acknowledgement_that_a_snooze_a_higher_severity_or_the_end_cut_short_does_not_end_on_its_own() -> None:
    for second in ("snooze", "severity"):
        alert, changes = acted(fired(), ("acknowledge", NOW, later(hours=1)), (second, later(minutes=5), None))  # type: ignore[arg-type]
        assert "The acknowledgement ended" not in told(entries(facts(alert, changes=changes), later(hours=2)))
    alert, changes = acted(fired(), ("acknowledge", NOW, later(hours=1)))
    ended = resolved(alert, later(minutes=5), by="sender")
    assert "The acknowledgement ended" not in told(entries(facts(ended, changes=changes), later(hours=2)))
    assert "The acknowledgement ended" not in told(entries(facts(alert, changes=changes), later(minutes=30)))


def test_what_was_not_delivered_says_why_and_what_took_its_place_says_so() -> None:
    messages = [
        sent("phone", NOW, state="failed", receipt=None, last_fault="not delivered: answered 401"),
        sent("mail", later(seconds=1), instead_of="outbox/x", cause=None, receipt={"detail": "", "at": iso(later(seconds=4))}),
        sent("chat", later(seconds=2), state="dropped", receipt=None, dismissed={"why": "resolved before it was delivered"}),
        sent("desk", later(seconds=3), state="pending", receipt=None, attempts=2, last_fault="timed out"),
    ]  # fmt: skip
    story = entries(facts(fired(), messages=messages), later(hours=1))
    assert [(entry.words, entry.detail) for entry in story[1:]] == [
        ("Did not notify phone", "Not delivered: answered 401."),
        ("Notified mail", "Sent here because another channel did not deliver it. Delivered after 3 s."),
        ("Did not notify chat", "Cancelled: resolved before it was delivered."),
        ("Notified desk", "Not delivered yet: timed out."),
    ]


def test_an_alert_of_an_earlier_release_has_what_can_be_derived() -> None:
    bare = {**fired(), "acknowledged_at": iso(later(minutes=3)), "acknowledged_by": "cli", "state": "acknowledged"}
    episodes = [{"began": iso(later(days=-1)), "acted": iso(later(days=-1, hours=1)), "ended": iso(later(days=-1, hours=2))},
                {"began": iso(NOW), "told": iso(NOW), "acted": iso(later(minutes=3))}]  # fmt: skip
    alert = as_alert({**bare, "episode": 2, "episodes": episodes})
    assert told(entries(facts(alert), later(hours=1))) == ["Started firing", "You acknowledged it"]
    earlier = Facts(alert, 1, alert["episodes"][0])
    assert told(entries(earlier, later(hours=1))) == ["Started firing", "You acted on it", "Resolved"]
    assert lengths(earlier, entries(earlier, NOW)).acknowledge == timedelta(hours=1)


def test_what_comes_next_is_the_end_of_what_holds_it_or_the_next_notification() -> None:
    soon = iso(later(minutes=30))
    open_alert = as_alert({**fired(), "told_at": iso(NOW)})
    states: list[dict[str, Any]] = [
        {"state": "acknowledged", "until": soon}, {"state": "snoozed", "until": soon}, {"calls_at": soon,
        "held": {"by": "silence", "reason": "silenced by me", "since": iso(NOW)}}, {},
    ]  # fmt: skip
    next_words = [
        entries(facts(as_alert({**open_alert, **state}), due_at=soon), later(minutes=1))[-1].words for state in states
    ]
    assert next_words == ["The acknowledgement ends", "The snooze ends", "The hold ends", "Notifies you again"]
    assert [
        entry for entry in entries(facts(resolved(fired(), NOW, by="cli"), due_at=soon), NOW) if entry.kind == "next"
    ] == []


@given(st.lists(st.tuples(st.sampled_from(["acknowledge", "snooze", "note"]), st.integers(0, 90)), max_size=8))
def test_every_change_is_told_once_and_the_story_is_in_order(acts: list[tuple[Kind, int]]) -> None:
    ordered = sorted(acts, key=lambda act: act[1])
    timed = [(kind, later(minutes=at), later(minutes=at + 20)) for kind, at in ordered]
    alert, changes = acted(fired(), *timed)
    story = [entry for entry in entries(facts(alert, changes=changes), later(hours=9)) if entry.kind != "next"]
    assert [entry.at for entry in story] == sorted(entry.at for entry in story)
    kinds = {"acknowledge": "acknowledged", "snooze": "snoozed", "note": "note"}
    assert sorted(entry.kind for entry in story if entry.kind in kinds.values()) == sorted(
        kinds[kind] for kind, _ in acts
    )
    assert [change["number"] for change in changes] == list(range(1, len(acts) + 1))


def test_the_actor_is_named_as_far_as_it_is_known() -> None:
    def by(via: str, who: str = "", device: str = "") -> str:
        _, made = change(fired(), "acknowledge", NOW, via=via, person=Person(who, device))
        return actor(as_change(dict(made.data)))

    assert by("sender") == "its sender"
    assert by("link", device="unknown browser on Android") == "link of a notification, Android"
    assert by("link", device="unknown browser") == "link of a notification"
    assert by("console", "me@example.com", "Safari on iPhone") == "me@example.com, console, Safari on iPhone"
    assert by("cli", "me") == "me, command line"


def test_alerts_with_more_in_common_are_related_first_and_those_of_another_time_are_not() -> None:
    alert = fired(labels={"alertname": "Down", "service": "shop"})
    same = fired(
        "a2", now=later(minutes=50), title="Slow", severity="warning", labels={"alertname": "Slow", "service": "shop"}
    )
    other = fired("a3", now=later(minutes=-50), labels={"alertname": "Else"})
    group = as_alert({**fired("a4", now=later(minutes=1), labels={"alertname": "Group"}), "told_in": "g"})
    far = fired("a5", now=later(minutes=61), labels={"alertname": "Slow", "service": "shop"})
    related = related_alerts(as_alert({**alert, "told_in": "g"}), iso(NOW), [alert, far, other, same, group])
    assert [(near.target, near.words) for near in related] == [
        ("a3", "Trouble a3 (critical) fired; at the same time"),
        ("a4", "Trouble a4 (critical) fired; same group"),
        ("a2", "Slow (warning) fired; same service"),
    ]


def test_a_change_within_the_hour_before_may_be_the_cause_and_no_other() -> None:
    def deployed(**by: float) -> Happening:
        return Happening(iso(later(**by)), "deployment", f"Deployment at {by}", "1", is_change=True)

    happenings = [deployed(minutes=-4), deployed(minutes=-61), deployed(minutes=1), deployed(days=-2)]
    near = around(happenings, iso(NOW), None, later(hours=2))
    assert [happening.at for happening in near] == [
        iso(later(**by)) for by in ({"minutes": -61}, {"minutes": -4}, {"minutes": 1})
    ]  # type: ignore[arg-type]
    assert likely_causes(near, iso(NOW)) == ["4 min before it fired: Deployment at {'minutes': -4}"]


def test_an_override_is_two_changes_its_start_and_its_end() -> None:
    entry = {"variant": "off", "who": "me", "why": "slow", "at": "1", "until": "9"}
    released = {**entry, "at": "2", "released_at": "3", "released_by": "you"}
    assert [(change.at, change.words) for change in flag_changes("pay", [entry, released])] == [
        ("1", "The flag pay was set to off by me: slow"),
        ("9", "The override of pay ended"),
        ("2", "The flag pay was set to off by me: slow"),
        ("3", "The override of pay ended, released by you"),
    ]


def test_earlier_episodes_and_similar_alerts_say_how_they_ended() -> None:
    def episode(day: int, **more: Any) -> dict[str, Any]:
        return {"began": iso(later(days=-day)), "ended": iso(later(days=-day, minutes=11)), **more}

    at = iso(later(days=-2, minutes=2))
    past = [episode(40), episode(3), episode(2, told=at, acted=at), episode(1, told=at)]
    alert = as_alert({**fired(labels={"alertname": "Down"}), "episode": 5, "episodes": [*past, {"began": iso(NOW)}]})
    similar = as_alert(
        {**fired("a2", labels={"alertname": "Down"}), "episodes": [{"began": iso(NOW), "told": iso(NOW)}]}
    )
    other = fired("a3", labels={"alertname": "Else"})
    ended = endings(alert, [similar, other], 5, later(minutes=1))
    assert [(past.alert, past.number, past.how) for past in ended] == [
        ("a2", 1, "nobody has acknowledged it"), ("a1", 4, "resolved on its own"),
        ("a1", 3, "acknowledged after 2 min"), ("a1", 2, "resolved before you were notified"),
    ]  # fmt: skip
