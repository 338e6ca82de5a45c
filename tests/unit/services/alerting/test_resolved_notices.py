"""Which channels hear that a group has resolved: over fakes, minute by minute."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from functions.sweeper.alert_timers import end_timers
from functions.sweeper.stuck_messages import send_stuck_pages
from shared.config.model import Config
from shared.errors import DeliveryError
from shared.events import iso
from shared.ports import Doc, Notice, Receipt
from shared.services.alerting.acknowledgement import act_on_alert
from shared.services.alerting.event_story import story
from shared.services.alerting.silences import silence
from shared.services.outbox.delivery import send
from tests.support.fakes import CONFIG, FakeContext, RecordingChannel
from tests.support.timeline import LOUDER, configured, docs, fire, minutes

CHANNELS = {
    "desk": {"console": True},
    "inbox": {"console": True},
    "phone": {"ntfy": "PHONE"},
    "chat": {"slack": "CHAT"},
}
DEEP = {"blocks": [{"name": "deep", "from": "09:05", "to": "09:40"}]}


class Broken(RecordingChannel):
    """Rejects every message for as long as it is broken."""

    fault: DeliveryError | None = DeliveryError("unauthorized", permanent=True)

    def send(self, notice: Notice, key: str) -> Receipt:
        if self.fault:
            raise self.fault
        return super().send(notice, key)


def on(host: str) -> dict[str, Any]:
    return {"labels": {"alertname": "Down", "host": host}}


def heard(context: FakeContext, channel: str = "desk") -> list[str]:
    """The titles of all that *channel* got."""
    return [notice.title for _, notice in context.channels[channel].sent]


def acknowledge(context: FakeContext, title: str) -> None:
    (alert,) = (doc for doc in docs(context, "alerts") if doc.data["title"] == title)
    act_on_alert(alert, "acknowledge", context, by="link")


@pytest.fixture
def broken() -> FakeContext:
    """A bundle whose channel `phone` rejects everything; the next one is `chat`."""
    rules = {**CONFIG, "channels": CHANNELS, "route": {"channel": "phone"}}
    context = FakeContext(config=Config.model_validate(rules))
    context.channels |= {"phone": Broken(), "chat": RecordingChannel()}
    return context


def in_focus(hosts: Iterable[str]) -> FakeContext:
    """A group of *hosts*; the acknowledgement of host a ends in a focus block, so that it waits for a digest."""
    route = {"channel": "desk", "interrupt_from": "warning", "ack_timeout": "10m", "group_wait": "30s"}
    context = configured(route=route, focus=DEEP, timezone="UTC")
    for host in hosts:
        fire(context, host, severity="warning", **on(host))
    minutes(context, 1)
    acknowledge(context, "Trouble a")
    minutes(context, 11)
    context.clock.advance(minutes=30)
    return context


def test_what_waits_for_a_digest_after_its_page_has_not_resolved_with_the_others() -> None:
    context = in_focus("ab")
    fire(context, "b", severity="warning", status="resolved", **on("b"))
    minutes(context, 2)
    assert not any(title.startswith("Resolved") for title in heard(context))
    fire(context, "a", severity="warning", status="resolved", **on("a"))
    minutes(context, 2)
    assert "Resolved: Trouble a and the other alerts of its group" in heard(context)


def test_what_waits_for_a_digest_after_its_page_is_said_to_have_resolved() -> None:
    context = in_focus("a")
    fire(context, "a", severity="warning", status="resolved", **on("a"))
    minutes(context, 2)
    assert "Resolved: Trouble a" in heard(context)
    assert [doc.data["told_on"] for doc in docs(context, "groups") if "Down" in doc.data["labels"].values()] == [{}]


def test_what_waits_in_a_storm_after_its_page_has_not_resolved_with_the_others() -> None:
    context = configured(route={"channel": "desk", "ack_timeout": "10m", "pages_per_minute": 1})
    for host in "ab":
        fire(context, host, **on(host))
        minutes(context, 2)
    acknowledge(context, "Trouble a")
    minutes(context, 9)
    context.clock.advance(seconds=50)
    fire(context, "z", labels={"alertname": "Other"})
    context.clock.advance(seconds=20)
    end_timers(context)
    fire(context, "b", status="resolved", **on("b"))
    minutes(context, 1)
    assert not any(title.startswith("Resolved") for title in heard(context))


def test_a_page_that_is_to_come_on_another_channel_is_cancelled_when_its_alert_resolves(broken: FakeContext) -> None:
    fire(broken)
    fire(broken, status="resolved")
    minutes(broken, 3)
    assert "Trouble disk" not in heard(broken, "chat")


def test_a_page_that_came_on_another_channel_has_its_notice_there(broken: FakeContext) -> None:
    fire(broken)
    minutes(broken, 1)
    fire(broken, status="resolved")
    minutes(broken, 1)
    assert heard(broken, "chat")[:2] == ["Trouble disk", "Resolved: Trouble disk"]


def resolved_while_sending(context: FakeContext, *, lease: timedelta) -> Doc:
    """The page, whose worker has not got an answer yet when the alert resolves."""
    phone = context.channels["phone"]
    assert isinstance(phone, Broken)
    phone.fault, fault = DeliveryError("unreachable"), phone.fault
    fire(context)
    (page,) = docs(context, "outbox")
    sending = {"state": "sending", "due_at": iso(context.now + lease)}
    context.store.docs[page.path] = page._replace(data={**page.data, **sending})
    fire(context, status="resolved")
    phone.fault = fault
    return context.store.docs[page.path]


def test_a_page_that_fails_after_the_resolve_comes_nowhere_else(broken: FakeContext) -> None:
    send(resolved_while_sending(broken, lease=timedelta(seconds=30)), broken)
    minutes(broken, 9)
    assert "Trouble disk" not in heard(broken, "chat")


def test_a_notice_follows_its_page_to_another_channel(broken: FakeContext) -> None:
    page = resolved_while_sending(broken, lease=timedelta(minutes=5))
    minutes(broken, 1)
    send(page, broken)
    broken.clock.advance(seconds=20)
    send_stuck_pages(broken)
    assert heard(broken, "chat") == ["Trouble disk"]
    minutes(broken, 3)
    assert heard(broken, "chat")[:2] == ["Trouble disk", "Resolved: Trouble disk"]


def test_the_trace_shows_what_was_sent_in_the_place_of_a_page(broken: FakeContext) -> None:
    fire(broken)
    minutes(broken, 1)
    (event,) = (doc for doc in docs(broken, "events") if doc.data["source"] != "opos")
    told = [(message["channel"], message["state"]) for message in story(broken.store, event)["messages"]]
    assert told == [("phone", "failed"), ("chat", "sent")]


def test_a_new_call_on_one_channel_leaves_the_notices_on_the_others() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 16)
    context.clock.advance(seconds=10)
    fire(context, status="resolved")
    context.clock.advance(seconds=20)
    fire(context)
    minutes(context, 2)
    assert heard(context, "friend") == ["Trouble disk", "Resolved: Trouble disk"]
    assert "Resolved: Trouble disk" not in heard(context)


def routed(*routes: dict[str, Any], **sections: Any) -> FakeContext:
    return configured(route={"channel": "desk", "routes": list(routes)}, timezone="UTC", **sections)


def test_a_channel_of_an_escalation_belongs_to_the_route_of_it() -> None:
    context = routed(
        {"continue": True, "channel": "desk", "escalation": "far"},
        {"channel": "inbox", "interrupt_from": "never", "send_resolved": False},
        escalations={"far": {"levels": [{"channel": "call", "after": "5m"}]}},
    )
    fire(context)
    minutes(context, 6)
    fire(context, status="resolved")
    minutes(context, 1)
    assert heard(context, "call") == ["Trouble disk", "Resolved: Trouble disk"]


def test_a_route_that_is_muted_now_says_nothing_where_it_leads() -> None:
    night = [{"times": [{"start_time": "09:02", "end_time": "15:00"}]}]
    context = routed(
        {"continue": True, "channel": "desk"},
        {"channel": "call", "mute_time_intervals": ["night"]},
        time_intervals={"night": night},
    )
    fire(context)
    minutes(context, 3)
    fire(context, status="resolved")
    minutes(context, 1)
    assert (heard(context), heard(context, "call")) == (["Trouble disk", "Resolved: Trouble disk"], ["Trouble disk"])


def test_a_silence_of_the_last_alert_to_resolve_does_not_hide_that_the_others_have() -> None:
    context = configured(route={"channel": "desk"})
    for host in "ab":
        fire(context, host, **on(host))
        minutes(context, 2)
    silence(["host=a"], context.now + timedelta(hours=5), context, author="me", comment="known")
    for host in "ba":
        fire(context, host, status="resolved", **on(host))
    minutes(context, 1)
    assert heard(context)[-1] == "Resolved: Trouble a and the other alerts of its group"


def test_all_pages_that_wait_for_a_channel_are_cancelled_however_many_there_are() -> None:
    context = configured(route={"channel": "desk"})
    context.channels["desk"] = desk = Broken()
    desk.fault = DeliveryError("unreachable")
    for number in range(7):
        fire(context, f"{number}", **on(f"{number}"))
        minutes(context, 2)
    for number in range(7):
        fire(context, f"{number}", status="resolved", **on(f"{number}"))
    desk.fault = None
    minutes(context, 30)
    assert [title for title in heard(context) if "Trouble" in title] == []


def test_no_notice_is_sent_while_an_alert_of_the_group_fires_again_and_its_notification_is_held() -> None:
    context = configured(route={"channel": "desk", "group_interval": "5m"})
    fire(context)
    minutes(context, 1)
    fire(context, status="resolved")
    fire(context)
    for _ in range(3):
        context.clock.advance(minutes=1)
        send_stuck_pages(context)
    assert heard(context) == ["Trouble disk"]
    for _ in range(4):
        minutes(context, 1)
        send_stuck_pages(context)
    assert heard(context)[1:] == ["Trouble disk (fired 2 times in an hour)"]


def test_a_silenced_neighbour_does_not_hold_the_notice_of_the_others() -> None:
    context = configured(route={"channel": "desk", "group_by": ["alertname"]})
    silence(["host=b"], context.now + timedelta(days=7), context, author="me", comment="mending")
    fire(context, "a", **on("a"))
    fire(context, "b", **on("b"))
    minutes(context, 1)
    fire(context, "a", status="resolved", **on("a"))
    for _ in range(2):
        context.clock.advance(minutes=1)
        send_stuck_pages(context)
    assert [title.partition(":")[0] for title in heard(context)] == ["Trouble a", "Resolved"]
