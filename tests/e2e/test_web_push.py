"""Web Push over the whole bundle: a browser subscribes in the console, and an alert reaches it."""

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.ports import Doc
from shared.services.console.sessions import new_link
from tests.support.bundle import SECRETS, Answer, Bundle
from tests.support.fakes import FakeClock, RecordingChannel
from tests.support.push_service import KEY, Browser, PushService, push_service

CHANNELS = """
channels: {phone: {webpush: VAPID_KEY}, inbox: {console: true}, desk: {console: true}}
route: {channel: phone, escalation: once}
escalations: {once: {repeats: 0}}
digest: {channel: inbox, window: 5m, size: 5}
"""
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Mobile/15E148 Safari/604.1"


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """The devices are in one collection without an index, which is the same on both stores."""
    return embedded


@pytest.fixture
def service(bundle: Bundle) -> Iterator[PushService]:
    bundle.runtime.settings.environment["VAPID_KEY"] = KEY  # type: ignore[index]
    bundle.configure(CHANNELS)
    with push_service(bundle.clock) as running:
        bundle.runtime.settings.environment["OPOS_LOCAL_PUSH_SERVICE"] = running.address  # type: ignore[index]
        yield running


def page(bundle: Bundle, cookie: dict[str, str]) -> str:
    answer = bundle.request("GET", "/devices", headers=cookie)
    assert answer.status == 200
    return answer.text


def opos(bundle: Bundle, *words: str) -> Result:
    with chdir(bundle.folder):
        return CliRunner().invoke(main, [*words, *bundle.place], env={**SECRETS, "VAPID_KEY": KEY})


def address(text: str, end: str) -> str:
    addresses = re.findall(rf'"(/devices/[\w.-]+{end})"', text)
    return str(addresses[0])


def post(bundle: Bundle, path: str, content: Any, headers: dict[str, str]) -> Answer:
    return bundle.request("POST", path, json.dumps(content).encode(), {"content-type": "application/json", **headers})


def subscribed(bundle: Bundle, service: PushService) -> Browser:
    """A new browser, after its operator has pressed the button."""
    cookie, browser = bundle.signed_in(), service.subscribe()
    to = address(page(bundle, cookie), "")
    answer = post(bundle, to, browser.subscription, {**cookie, "user-agent": IPHONE})
    assert answer.status == 201, answer.text
    bundle.clock.advance(seconds=1)  # the list is in the order in which they subscribed
    return browser


def messages(bundle: Bundle) -> dict[str, list[str]]:
    """The states of the messages on each channel."""
    states: dict[str, list[str]] = {}
    for doc in sorted(bundle.docs("outbox"), key=_position):
        states.setdefault(doc.data["channel"], []).append(doc.data["state"])
    return states


def _position(doc: Doc) -> int:
    return int(doc.data.get("addressee", {"position": 0})["position"])


def test_an_alert_reaches_the_phone_and_is_acknowledged_from_its_page(bundle: Bundle, service: PushService) -> None:
    phone = subscribed(bundle, service)
    bundle.trouble("disk")
    bundle.settle()
    (push,) = phone.pushes
    assert push.notification["title"] == "Trouble disk"
    path = push.notification["actions"][0]["navigate"].removeprefix(bundle.runtime.links.base_url)
    assert bundle.request("GET", path).status == 200
    assert [doc.data["state"] for doc in bundle.docs("alerts")] == ["firing"]
    assert bundle.request("POST", path).status == 200
    assert [doc.data["state"] for doc in bundle.docs("alerts")] == ["acknowledged"]
    bundle.trouble("disk", status="resolved")
    bundle.tick(minutes=2)
    (shown,) = phone.shown.values()
    assert (len(phone.pushes), shown["silent"]) == (2, True)


def test_a_device_that_is_off_gets_the_message_later_and_no_device_gets_it_twice(
    bundle: Bundle, service: PushService
) -> None:
    phone, laptop = subscribed(bundle, service), subscribed(bundle, service)
    laptop.answers += [(503, {})] * 2
    bundle.trouble("disk")
    bundle.settle()
    assert messages(bundle) == {"phone": ["sent", "pending"]}
    for _ in range(6):
        bundle.tick(minutes=1)
    assert messages(bundle) == {"phone": ["sent", "sent"]}
    assert (len(phone.pushes), len(laptop.pushes)) == (1, 1)


def test_a_device_that_has_unsubscribed_leaves_and_the_other_is_enough(bundle: Bundle, service: PushService) -> None:
    laptop, phone = subscribed(bundle, service), subscribed(bundle, service)
    laptop.answers += [(503, {})] * 2
    bundle.trouble("disk")
    bundle.settle()
    bundle.trouble("cpu")
    bundle.settle()
    laptop.has_unsubscribed = True
    bundle.tick(minutes=2)
    assert messages(bundle) == {"phone": ["sent"] * 4}
    assert (len(phone.pushes), laptop.requests) == (2, 3)
    assert [doc.data["endpoint"] for doc in bundle.docs("devices")] == [phone.endpoint]


def test_a_message_that_waits_for_a_device_ends_when_the_operator_removes_it(
    bundle: Bundle, service: PushService
) -> None:
    laptop, _ = subscribed(bundle, service), subscribed(bundle, service)
    laptop.answers.append((503, {}))
    bundle.trouble("disk")
    bundle.settle()
    cookie = bundle.signed_in()
    assert bundle.request("POST", address(page(bundle, cookie), "/remove"), b"", cookie).status == 303
    bundle.tick(minutes=2)
    assert (messages(bundle), laptop.requests) == ({"phone": ["sent", "sent"]}, 1)


def test_without_a_device_another_channel_gets_the_message_and_health_warns(
    bundle: Bundle, service: PushService
) -> None:
    bundle.configure(CHANNELS.replace("desk: {console: true}", "desk: {console: true}, chat: {ntfy: CHAT_URL}"))
    bundle.runtime.settings.environment["CHAT_URL"] = "https://ntfy.example/t"  # type: ignore[index]
    chat = bundle.runtime.channels["chat"] = RecordingChannel()
    phone = subscribed(bundle, service)
    phone.has_unsubscribed = True
    bundle.trouble("disk")
    bundle.tick(minutes=1)
    assert (messages(bundle), bundle.docs("devices")) == ({"phone": ["failed"], "chat": ["sent"]}, [])
    assert [notice.title for _, notice in chat.sent if "Trouble" in notice.title] == ["Trouble disk"]
    (check,) = bundle.request("GET", "/health").json["checks"]["channel:phone"]
    assert (check["status"], check["output"]) == ("warn", "misconfigured")


def test_the_list_shows_each_device_with_its_outcome_and_nothing_of_its_secrets(
    bundle: Bundle, service: PushService
) -> None:
    phone = subscribed(bundle, service)
    phone.answers.append((503, {}))
    bundle.trouble("disk")
    bundle.settle()
    shown = page(bundle, bundle.signed_in())
    assert "Safari on iPhone" in shown
    assert "HTTP 503" in shown
    secrets = (phone.endpoint, *phone.subscription["keys"].values(), KEY)
    export = opos(bundle, "export", "--since", "2026-11-01").stdout
    assert "Trouble disk" in export
    health = bundle.request("GET", "/health").text
    assert not any(secret in text for secret in secrets for text in (shown, export, health))


def test_a_test_goes_to_the_device_whose_button_was_pressed_and_removing_ends_it(
    bundle: Bundle, service: PushService
) -> None:
    phone, laptop = subscribed(bundle, service), subscribed(bundle, service)
    cookie = bundle.signed_in()
    answer = bundle.request("POST", address(page(bundle, cookie), "/test"), b"", cookie)
    assert "Test sent to Safari on iPhone" in answer.text
    assert sorted(len(browser.pushes) for browser in (phone, laptop)) == [0, 1]
    (tested,) = [browser for browser in (phone, laptop) if browser.pushes]
    acknowledge = tested.pushes[0].notification["navigate"].removeprefix(bundle.runtime.links.base_url)
    assert "This was a test of the channel phone" in bundle.request("GET", acknowledge).text
    removal = address(page(bundle, cookie), "/remove")
    assert bundle.request("POST", removal, b"", cookie).status == 303
    assert tested.endpoint not in [doc.data["endpoint"] for doc in bundle.docs("devices")]
    assert bundle.request("POST", removal, b"", cookie).status == 404


def test_a_test_that_its_push_service_refuses_says_why(bundle: Bundle, service: PushService) -> None:
    phone = subscribed(bundle, service)
    phone.answers.append((403, {}))
    cookie = bundle.signed_in()
    answer = bundle.request("POST", address(page(bundle, cookie), "/test"), b"", cookie)
    assert (answer.status, "VAPID key" in answer.text) == (502, True)


def test_only_the_operator_subscribes_a_device_and_only_from_the_page(bundle: Bundle, service: PushService) -> None:
    cookie, browser = bundle.signed_in(), service.subscribe()
    shown = page(bundle, cookie)
    to = address(shown, "")
    assert bundle.request("GET", "/devices").status == 401
    assert post(bundle, to, browser.subscription, {}).status == 403
    assert post(bundle, "/devices/forged", browser.subscription, cookie).status == 404
    for content in (None, {"endpoint": "http://192.168.0.1/"}, {**browser.subscription, "keys": {}}):
        answer = post(bundle, to, content, cookie)
        assert (answer.status, answer.json["error"]["code"]) == (422, "contract_broken")
    assert bundle.request("POST", to, b"{" * 9000, cookie).status == 422
    bundle.clock.advance(days=2)
    assert post(bundle, to, browser.subscription, bundle.signed_in()).status == 410
    assert bundle.docs("devices") == []


def test_each_device_is_tested_from_the_command_line(bundle: Bundle, service: PushService) -> None:
    phone, laptop = subscribed(bundle, service), subscribed(bundle, service)
    laptop.answers.append((500, {}))
    service.clock = FakeClock(datetime.now(UTC))  # the command has no other
    done = opos(bundle, "channels", "test", "phone", "--url", bundle.url)
    assert done.exit_code == 1
    assert re.search(r"phone \(addressee \d of 2\)  delivered  HTTP 201", done.stdout), done.output
    assert re.search(r"phone \(addressee \d of 2\)  not delivered  rejected: HTTP 500", done.stdout)
    assert len(phone.pushes) == 1


def _raw(bundle: Bundle, path: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a GET without a cookie; its body may be no text."""
    with urllib.request.urlopen(bundle.url + path, timeout=60) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


TYPES = {
    "/sw.js": "text/javascript", "/icon-192.png": "image/png",
    "/icon-512.png": "image/png", "/icon-maskable-512.png": "image/png", "/apple-touch-icon.png": "image/png",
    "/badge-96.png": "image/png", "/favicon.svg": "image/svg+xml", "/manifest.webmanifest": "application/manifest+json",
}  # fmt: skip


def test_what_makes_the_console_installable_is_there_for_everybody(embedded: Bundle) -> None:
    answers = {path: _raw(embedded, path) for path in TYPES}
    assert {path: headers["content-type"].partition(";")[0] for path, (_, headers, _) in answers.items()} == TYPES
    assert all(100 < len(body) < 10_000 for _, _, body in answers.values())
    manifest = json.loads(answers["/manifest.webmanifest"][2])
    assert {icon["src"] for icon in manifest["icons"]} <= set(TYPES)
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}


def test_without_a_channel_of_web_push_the_page_says_how_to_set_it_up(embedded: Bundle) -> None:
    shown = page(embedded, embedded.signed_in())
    assert "<code>phone: {webpush: VAPID_KEY}</code>" in shown
    assert 'id="subscribe"' not in shown


def test_the_installed_console_begins_with_the_field_for_a_link_and_then_with_the_console(embedded: Bundle) -> None:
    manifest = embedded.request("GET", "/manifest.webmanifest").json
    answer = embedded.request("GET", manifest["start_url"])
    assert [answer.status, 'name="link"' in answer.text] == [401, True]
    link = new_link(embedded.runtime.context())
    for pasted in (link, f" {link}\n", link.rpartition("/")[2]):
        answer = embedded.request("POST", "/app", urlencode({"link": pasted}).encode())
        assert (answer.status, answer.headers["location"]) == (303, f"/console/{link.rpartition('/')[2]}")
    assert embedded.request("GET", answer.headers["location"]).status == 200
    assert embedded.docs("sessions") == []
    answer = embedded.request("GET", "/app", headers=embedded.signed_in())
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_what_is_no_link_of_ours_leads_nowhere(embedded: Bundle) -> None:
    for pasted in ("", "https://evil.example/", "//evil.example", "a/b.c", "x" * 5000):
        answer = embedded.request("POST", "/app", urlencode({"link": pasted}).encode())
        assert (answer.status, "location" in answer.headers) == (404, False), pasted


def test_with_one_device_a_notification_costs_three_reads_more_and_a_write_an_hour(embedded: Bundle) -> None:
    """As docs/architecture.md says."""
    embedded.runtime.settings.environment["VAPID_KEY"] = KEY  # type: ignore[index]
    costs = []
    with push_service(embedded.clock) as service:
        embedded.runtime.settings.environment["OPOS_LOCAL_PUSH_SERVICE"] = service.address  # type: ignore[index]
        for channels in (CHANNELS.replace("{webpush: VAPID_KEY}", "{console: true}"), CHANNELS, CHANNELS):
            embedded.configure(channels)
            embedded.runtime.channels.pop("phone", None)
            embedded.runtime.to.clear()
            if channels == CHANNELS and not embedded.docs("devices"):
                subscribed(embedded, service)
            embedded.clock.advance(minutes=2)
            before = embedded.store.billed.copy()
            embedded.trouble(f"disk{len(costs)}")
            embedded.settle()
            costs.append(embedded.store.billed - before)
    plain, first, second = ((cost["reads"], cost["writes"]) for cost in costs)
    assert [first[0] - plain[0], first[1] - plain[1]] == [3, 1]
    assert [second[0] - plain[0], second[1] - plain[1]] == [3, 0]
