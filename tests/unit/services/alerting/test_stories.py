"""The stories of alerts over fakes: what is written for them, and what reading one costs."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.alert_router.handler import handle as route
from shared.alerting.changes import COLLECTION, Person
from shared.alerting.story import Entry
from shared.deployments import Deployment, to_doc
from shared.errors import NotFound
from shared.events import iso
from shared.ports import Create, Doc
from shared.services.alerting import alert_messages
from shared.services.alerting.acknowledgement import act_on_alert
from shared.services.alerting.alert_notes import add_note
from shared.services.alerting.event_story import story as event_story
from shared.services.alerting.stories import Story, story_of
from shared.services.flags.overrides import override, release
from tests.property.test_interleaving import Turnstile, until_it_commits
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext
from tests.support.operation_counter import CountingStore
from tests.support.timeline import LOUDER, configured, docs, fire, minutes


def the_alert(context: FakeContext, fingerprint: str = "disk") -> Doc:
    (doc,) = (doc for doc in docs(context, "alerts") if doc.data["title"] == f"Trouble {fingerprint}")
    return doc


def story(context: FakeContext, number: int | None = None) -> Story:
    return story_of(the_alert(context), context, number)


def words(entries: list[Entry]) -> list[str]:
    return [entry.words for entry in entries]


def note(context: FakeContext, text: str) -> None:
    add_note(the_alert(context).id, text, context, via="cli", person=Person("me"))


def test_two_episodes_have_a_story_each_with_the_messages_of_its_own_escalation() -> None:
    context = configured(**LOUDER)
    for _ in range(2):
        fire(context)
        minutes(context, 6)
        act_on_alert(
            the_alert(context), "acknowledge", context, by="console", person=Person("me@example.com", "Safari")
        )
        note(context, "Looked at it.")
        minutes(context, 2)
        fire(context, status="resolved")
        minutes(context, 3)
    for number in (1, 2, None):
        told = words(story(context, number).entries)
        assert told[:6] == [
            "Started firing", "Notified desk", "Notified call", "You acknowledged it", "Note", "Its sender resolved it",
        ]  # fmt: skip
        assert sorted(told[6:]) == ["Resolved notice to call", "Resolved notice to desk"]
    first, second = (story(context, number) for number in (1, 2))
    targets = [{entry.target for entry in each.entries if entry.target} for each in (first, second)]
    assert targets[0] & targets[1] == set()
    assert [ended.how for ended in second.similar] == ["acknowledged after 6 min"]
    with pytest.raises(NotFound, match="expected an episode from 1 to 2, found 3"):
        story(context, 3)


def test_a_higher_severity_a_silence_and_a_senders_acknowledgement_are_part_of_it() -> None:
    context = configured(route={"channel": "desk", "interrupt_from": "warning", "auto_pause": "5m"})
    fire(context, severity="warning")
    minutes(context, 6)
    fire(context, severity="critical")
    fire(context, status="acknowledged")
    told = story(context).entries
    assert words(told) == [
        "Started firing", "Held", "Notified desk", "Became critical", "Notified desk again", "Fired again",
        "Its sender acknowledged it", "The acknowledgement ends",
    ]  # fmt: skip
    assert told[1].detail.startswith("paused")
    assert told[2].detail == "Still firing after its pause. Delivered."
    events = [entry.target for entry in told if entry.kind in {"fired", "raised"}]
    assert len({*events}) == 2
    assert None not in events


def test_a_repeat_writes_no_change_and_a_higher_severity_writes_one() -> None:
    context = configured(route={"channel": "desk", "interrupt_from": "warning"})
    fire(context, severity="warning")
    minutes(context, 1)
    fire(context, severity="warning")
    assert docs(context, COLLECTION) == []
    minutes(context, 1)
    fire(context, severity="critical")
    (change,) = docs(context, COLLECTION)
    assert (change.data["kind"], change.data["text"], change.data["number"]) == ("severity", "critical", 1)
    minutes(context, 1)
    fire(context, status="resolved")
    assert len(docs(context, COLLECTION)) == 1


def test_what_happened_around_it_is_read_from_deployments_overrides_and_other_alerts() -> None:
    context = configured(route={"channel": "desk"})
    files = {"target": "production", "by": "me", "began_at": iso(context.now - timedelta(minutes=30))}
    for number, flags in ((117, "a"), (118, "b")):
        ended = iso(context.now - timedelta(minutes=4 + 60 * (118 - number)))
        made = Deployment(number, phase="done", flags=flags, ended_at=ended, **files)  # type: ignore[arg-type]
        context.store.commit([Create(made.path, to_doc(made))])
    early = context.now - timedelta(minutes=40)
    override("pay", "off", context.store, who="me", why="slow", until=context.now + timedelta(hours=9), now=early)
    fire(context, "cart")
    minutes(context, 2)
    fire(context)
    minutes(context, 1)
    release("pay", context.store, who="me", now=context.now)
    told = story(context)
    assert told.causes == [
        "6 min before it fired: Deployment 118 to production took all traffic, by me with a changed flags.yaml",
        "42 min before it fired: The flag pay was set to off by me: slow",
    ]
    assert [happening.words.partition(" (")[0] for happening in told.related] == [
        "Deployment 117 to production took all traffic, by me", "The flag pay was set to off by me: slow",
        "Deployment 118 to production took all traffic, by me with a changed flags.yaml", "Trouble cart",
        "The override of pay ended, released by me",
    ]  # fmt: skip


@pytest.mark.parametrize("alerts", [1, 60])
def test_a_story_is_read_with_bounded_queries(alerts: int) -> None:
    context = configured(**LOUDER)
    fire(context)
    for number in range(alerts):
        fire(context, f"f{number}")
    minutes(context, 30)
    note(context, "words")
    context.store.any_query = False
    counting = CountingStore(context.store)
    alert, context.store = the_alert(context), counting  # type: ignore[assignment]
    story_of(alert, context)
    assert counting.billed["writes"] == 0
    assert counting.billed["reads"] <= (25 if alerts == 1 else 180)


def test_of_too_many_notifications_the_first_and_the_last_are_told_and_the_gap_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alert_messages, "MOST", 1)
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 16)
    told = story(context)
    assert not told.facts.is_whole
    assert len([entry for entry in told.entries if entry.kind in {"notified", "escalated"}]) == 2


@pytest.mark.parametrize(
    ("text", "fault"), [("", "nothing to read"), (" \n ", "nothing to read"), ("x" * 2001, "2,001")]
)
def test_a_note_needs_words_and_not_too_many(text: str, fault: str) -> None:
    context = configured(route={"channel": "desk"})
    fire(context)
    with pytest.raises(ValueError, match=fault):
        note(context, text)
    assert docs(context, COLLECTION) == []


def test_a_resolved_alert_takes_notes_of_its_last_episode_until_it_fires_again() -> None:
    context = configured(route={"channel": "desk"})
    fire(context)
    fire(context, status="resolved")
    note(context, "It was the disk.")
    minutes(context, 1)
    fire(context)
    note(context, "Again.")
    assert [[entry.detail for entry in story(context, number).notes] for number in (1, 2)] == [
        ["It was the disk."],
        ["Again."],
    ]
    ids = [doc.id for doc in docs(context, COLLECTION)]
    assert [id.rpartition(".")[2] for id in ids] == ["000001", "000001"]
    assert all(doc.data["expires_at"] for doc in docs(context, COLLECTION))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_changes_at_the_same_time_have_numbers_without_gaps_and_none_is_lost(schedule: list[int]) -> None:
    context = configured(route={"channel": "desk"})
    fire(context)
    store = Turnstile(docs=context.store.docs, commits=context.store.commits)
    context.store = store

    steps = [partial(note, context, f"note {number}") for number in range(3)]
    acknowledge = lambda: act_on_alert(the_alert(context), "acknowledge", context, by="cli")  # noqa: E731
    store.run([partial(until_it_commits, step) for step in (*steps, acknowledge)], schedule)
    numbers = sorted(doc.data["number"] for doc in docs(context, COLLECTION))
    assert numbers == [1, 2, 3, 4]
    assert the_alert(context).data["changes"] == 4
    assert sorted(entry.detail for entry in story(context).notes) == ["note 0", "note 1", "note 2"]


def test_the_trace_of_an_event_with_many_alerts_asks_once_for_the_notifications_of_their_time() -> None:
    context = configured(route={"channel": "desk", "group_by": []})
    said = [disk_full("critical", f"f{number}", title=f"Trouble f{number}") for number in range(40)]
    route(accepted(context, "many", *said), context)
    (event,) = docs(context, "events")
    context.store = counting = CountingStore(context.store)  # type: ignore[assignment]
    told = event_story(counting, event)
    assert len(told["alerts"]) == 40
    assert len(told["messages"]) == 1
    assert counting.billed["reads"] <= 40 * 2 + 5  # each alert, and the resolved notice of its message


def test_a_story_says_what_there_may_be_more_of_than_it_read() -> None:
    context = configured(**LOUDER)
    fire(context)
    assert story(context).partly == []
    minutes(context, 1)
    for number in range(25):
        deployed = Deployment(number=number, target="production", phase="done", began_at=iso(context.now), by="me")
        context.store.commit([Create(f"deployments/{number:08}", to_doc(deployed))])
    for number in range(55):
        until = context.now + timedelta(hours=1 + number)
        override(f"f{number}", "off", context.store, who="me", why="x", until=until, now=context.now)
    told = story(context)
    assert sorted(told.partly) == ["20 deployments", "50 overridden flags"]
    flags = {happening.target for happening in told.related if happening.kind == "flag"}
    assert flags == {f"f{number}" for number in range(5, 55)}
