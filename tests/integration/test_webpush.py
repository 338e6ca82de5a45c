"""The channel of Web Push against a push service on loopback, which refuses what the real ones refuse."""

from collections.abc import Iterator

import pytest

from opos.bundle.ports import free_port
from shared.errors import DeliveryError
from shared.ports import Notice
from shared.ports.devices import Device
from tests.support.fakes import FakeClock
from tests.support.hostile import HOSTILE, controls
from tests.support.push_service import PUBLIC, FakeDevices, PushService, channel_to, push_service

CLOCK = FakeClock()
ACK, LINK = "https://opos.example/ack/t", "https://grafana.example/d"
NOTICE = Notice("Disk full", "97 % full", LINK, ACK, "critical", group="g1")
OTHER_KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service(CLOCK) as running:
        yield running


def refusal(service: PushService, *answers: tuple[int, dict[str, str]]) -> tuple[DeliveryError, FakeDevices]:
    browser = service.subscribe()
    browser.answers += answers
    channel, devices = channel_to(browser, clock=CLOCK)
    with pytest.raises(DeliveryError) as fault:
        channel.send(NOTICE, "key1")
    assert browser.endpoint.rpartition("/")[2] not in f"{fault.value}{fault.value.answer}{channel!r}{devices!r}"
    return fault.value, devices


def test_a_device_gets_the_words_the_page_that_acknowledges_and_a_button_for_it(service: PushService) -> None:
    browser = service.subscribe()
    channel, devices = channel_to(browser, clock=CLOCK)
    assert channel.send(NOTICE, "key1").detail == "HTTP 201"
    (push,) = browser.pushes
    shown = push.notification
    assert (shown["title"], shown["body"], shown["navigate"]) == ("Disk full", "97 % full", ACK)
    assert [(button["title"], button["navigate"]) for button in shown["actions"]] == [
        ("Acknowledge", ACK),
        ("Look", LINK),
    ]
    assert (shown["requireInteraction"], shown["renotify"], push.content["web_push"]) == (True, True, 8030)
    assert (push.headers["urgency"], push.headers["ttl"]) == ("high", "86400")
    assert devices.notes == [("d0", "")]


@pytest.mark.parametrize(("severity", "urgency"), [("critical", "high"), ("warning", "normal"), ("info", "normal")])
def test_only_a_critical_message_wakes_a_device_that_saves_its_battery(
    service: PushService, severity: str, urgency: str
) -> None:
    browser = service.subscribe()
    channel_to(browser, clock=CLOCK)[0].send(NOTICE._replace(severity=severity), "key1")
    (push,) = browser.pushes
    assert (push.headers["urgency"], push.notification["requireInteraction"]) == (urgency, severity == "critical")


def test_a_repeat_about_the_same_group_replaces_and_rings_and_its_resolved_notice_is_quiet(
    service: PushService,
) -> None:
    browser = service.subscribe()
    channel, _ = channel_to(browser, clock=CLOCK)
    for key, notice in {
        "key1": NOTICE, "key2": NOTICE._replace(title="Disk full, again"),
        "key3": NOTICE._replace(title="Other", group="g2"),
        "key4": Notice("Resolved: Disk", "", LINK, resolves="key2", group="g1"),
    }.items():  # fmt: skip
        channel.send(notice, key)
    assert [shown["title"] for shown in browser.shown.values()] == ["Resolved: Disk", "Other"]
    assert [push.headers["topic"] for push in browser.pushes] == [push.notification["tag"] for push in browser.pushes]
    quiet = browser.pushes[-1]
    assert (quiet.notification["silent"], quiet.headers["urgency"]) == (True, "low")
    assert "renotify" not in quiet.notification


def test_without_a_group_only_the_same_message_again_replaces(service: PushService) -> None:
    browser = service.subscribe()
    channel, _ = channel_to(browser, clock=CLOCK)
    for key in ("key1", "key1", "key2"):
        channel.send(NOTICE._replace(group=""), key)
    assert (len(browser.pushes), len(browser.shown)) == (3, 2)


def test_a_message_without_links_opens_the_console(service: PushService) -> None:
    browser = service.subscribe()
    channel_to(browser, clock=CLOCK)[0].send(Notice("", ""), "key1")
    (push,) = browser.pushes
    assert (push.notification["title"], push.notification["navigate"]) == ("opos", "/")
    assert "web_push" not in push.content  # a declarative message needs a whole address


def test_hostile_text_arrives_as_harmless_text_of_less_than_three_kilobytes(service: PushService) -> None:
    browser = service.subscribe()
    channel_to(browser, clock=CLOCK)[0].send(NOTICE._replace(title=HOSTILE * 9, text=HOSTILE * 99), "key1")
    (push,) = browser.pushes
    assert controls(push.notification["title"] + push.notification["body"], except_for="\n") == []
    assert push.size <= 3072


def test_a_notice_that_no_other_channel_can_build_arrives_and_is_urgent(service: PushService) -> None:
    browser = service.subscribe()
    channel_to(browser, clock=CLOCK)[0].send(NOTICE._replace(severity="fatal", link="https://x.example/\ud800"), "key1")
    (push,) = browser.pushes
    assert (push.notification["title"], push.headers["urgency"]) == ("Disk full", "high")


@pytest.mark.parametrize(
    ("status", "reason", "permanent"),
    [
        (500, "rejected", False), (502, "rejected", False), (503, "rejected", False), (429, "rate_limited", False),
        (413, "rejected", True), (400, "rejected", True), (401, "unauthorized", True), (403, "unauthorized", True),
        (404, "misconfigured", True), (410, "misconfigured", True),
    ],
)  # fmt: skip
def test_an_answer_says_whether_a_retry_could_help(
    service: PushService, status: int, reason: str, *, permanent: bool
) -> None:
    fault, _ = refusal(service, (status, {}))
    assert (fault.reason, fault.permanent) == (reason, permanent)


def test_a_push_service_that_has_too_much_to_do_says_when_to_come_back(service: PushService) -> None:
    fault, devices = refusal(service, (429, {"retry-after": "90"}))
    assert fault.after == 90
    assert devices.notes == [("d0", "not delivered: rate_limited: HTTP 429")]


def test_another_key_than_the_device_subscribed_with_is_named_as_the_cause(service: PushService) -> None:
    browser = service.subscribe()
    channel, devices = channel_to(browser, clock=CLOCK, secret=OTHER_KEY)
    with pytest.raises(DeliveryError, match="the VAPID key is not the one that this device subscribed with") as fault:
        channel.send(NOTICE, "key1")
    assert fault.value.permanent
    assert devices.present() != []


@pytest.mark.parametrize("status", [404, 410])
def test_the_last_device_that_has_unsubscribed_is_removed_and_the_message_fails_for_good(
    service: PushService, status: int
) -> None:
    fault, devices = refusal(service, (status, {}))
    assert "no device is subscribed" in fault.message
    assert devices.present() == []


def test_a_device_that_has_unsubscribed_is_removed_and_the_others_are_sent_to(service: PushService) -> None:
    gone, phone = service.subscribe(), service.subscribe()
    gone.has_unsubscribed = True
    channel, devices = channel_to(gone, phone, clock=CLOCK)
    receipts = [receiver.send(NOTICE, "key1").detail for receiver in channel.addressees().values()]
    assert [detail.partition(":")[0] for detail in receipts] == ["HTTP 410", "HTTP 201"]
    assert [device.id for device in devices.present()] == ["d1"]
    assert len(phone.pushes) == 1


def test_the_whole_channel_has_delivered_if_one_device_accepts(service: PushService) -> None:
    off, phone = service.subscribe(), service.subscribe()
    off.answers.append((503, {}))
    channel, devices = channel_to(off, phone, clock=CLOCK)
    assert channel.send(NOTICE, "key1").detail == "HTTP 201"
    assert devices.notes == [("d0", "not delivered: rejected: HTTP 503"), ("d1", "")]


def test_if_no_device_accepts_a_retry_is_made_as_long_as_it_could_help_one(service: PushService) -> None:
    other, off = service.subscribe("another key"), service.subscribe()
    off.answers.append((503, {}))
    with pytest.raises(DeliveryError) as fault:
        channel_to(other, off, clock=CLOCK)[0].send(NOTICE, "key1")
    assert not fault.value.permanent


@pytest.mark.parametrize("secret", ["", "not-a-key", PUBLIC])
def test_a_key_that_is_none_is_misconfigured_and_not_shown(service: PushService, secret: str) -> None:
    with pytest.raises(DeliveryError, match="opos channels key") as fault:
        channel_to(service.subscribe(), clock=CLOCK, secret=secret)[0].send(NOTICE, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("misconfigured", True)
    assert not secret or secret not in str(fault.value)


def test_a_push_service_that_is_not_there_is_unreachable() -> None:
    nobody = Device("d", f"http://127.0.0.1:{free_port()}/wpush/secret", bytes(65), bytes(16))
    channel, devices = channel_to(clock=CLOCK)
    devices.devices = [nobody]
    with pytest.raises(DeliveryError) as fault:
        channel.reach()
    assert fault.value.reason == "unreachable"


def test_reaching_it_sends_nothing_and_needs_a_device(service: PushService) -> None:
    browser = service.subscribe()
    assert channel_to(browser, clock=CLOCK)[0].reach()
    assert browser.requests == 0
    with pytest.raises(DeliveryError, match="no device is subscribed"):
        channel_to(clock=CLOCK)[0].reach()


def test_no_text_is_too_long_for_what_is_left_beside_the_longest_links(service: PushService) -> None:
    browser = service.subscribe()
    notice = Notice(
        "ディ" * 500,
        "👩‍👩‍👧‍👦" * 900,
        f"https://x.example/{'a' * 350}",
        f"https://o.example/ack/{'t' * 330}",
        "critical",
    )
    channel_to(browser, clock=CLOCK)[0].send(notice, "key1")
    (push,) = browser.pushes
    assert push.size <= 3072
    assert (push.notification["navigate"], push.notification["actions"][1]["navigate"]) == (notice.ack_url, notice.link)
    assert len(push.notification["body"]) > 30
