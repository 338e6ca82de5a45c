"""Web Push in a real Chromium: subscribe by a press, see the notification, and acknowledge from it.

Chromium reaches no push service here. So the page subscribes at one on loopback in its place, and the DevTools protocol
hands the decrypted message to the service worker, as the browser would.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.support.console import signed_in
from tests.support.push_service import KEY, PUBLIC, Browser, PushService, push_service

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Page

T = TypeVar("T")
pytestmark = needs.browser

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHANNELS = """
channels: {phone: {webpush: VAPID_KEY}, inbox: {console: true}}
route: {channel: phone}
digest: {channel: inbox}
"""
SUBSCRIBE = """
(() => {
  const given = %s;
  const made = (key) => ({ endpoint: given.endpoint, options: { applicationServerKey: key }, toJSON: () => given });
  PushManager.prototype.subscribe = async function ({ applicationServerKey, userVisibleOnly }) {
    if (!userVisibleOnly) throw new Error("a push must show something");
    localStorage.vapid = JSON.stringify(Array.from(applicationServerKey));
    return made(applicationServerKey);
  };
  PushManager.prototype.getSubscription = async () =>
    localStorage.vapid ? made(Uint8Array.from(JSON.parse(localStorage.vapid))) : null;
})()
"""
DISPLAYED = """
() => {
  if (self.displayed === undefined) {
    self.displayed = 0;
    const show = self.registration.showNotification.bind(self.registration);
    self.registration.showNotification = (...given) => show(...given).finally(() => { self.displayed += 1; });
  }
  return self.displayed;
}
"""
"""How many notifications the worker has displayed. Who asks for those on the screen while one is on its way there makes
Chromium forget it. And its protocol for tests now and then drops a push, which a push service sends again.
"""
SHOWN = """
async (title) => {
  const registration = await navigator.serviceWorker.ready;
  for (let attempt = 0; attempt < 100; attempt++) {
    const shown = await registration.getNotifications();
    if (shown.some((notification) => notification.title === title))
      return shown.map(({ requireInteraction, actions }) => [requireInteraction, actions.map((action) => action.title)]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return [];
}
"""
"""What is on the screen as soon as there is a notification with this title."""
PRESSED = """
async (action) => {
  const [notification] = await self.registration.getNotifications();
  const opened = new Promise((resolve) => { self.clients.openWindow = async (url) => resolve(String(url)); });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
  return [await opened, (await self.registration.getNotifications()).length];
}
"""


@dataclass
class Phone:
    """Chromium at the page of the devices, signed in, and the browser that its push service knows."""

    bundle: Bundle
    page: "Page"
    context: "BrowserContext"
    browser: Browser

    def expect(self, words: str, at: str = "#device-state") -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(at)).to_contain_text(words, timeout=60_000)

    def deliver(self, content: Any) -> None:
        """Hand *content* to the service worker."""
        session, registrations = self.context.new_cdp_session(self.page), list[dict[str, Any]]()
        session.on(
            "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
        )
        session.send("ServiceWorker.enable")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        registration = self._first(lambda: registrations)
        target = {"origin": self.bundle.url, "registrationId": registration["registrationId"]}
        worker = self._first(lambda: self.context.service_workers)
        before = worker.evaluate(DISPLAYED)
        for _ in range(5):
            session.send("ServiceWorker.deliverPushMessage", {**target, "data": content})
            if self._within_two_seconds(lambda: worker.evaluate(DISPLAYED) > before):
                return
        raise TimeoutError("Chromium delivers no push")

    def _within_two_seconds(self, is_so: Callable[[], bool]) -> bool:
        for _ in range(100):
            if is_so():
                return True
            self.page.wait_for_timeout(20)
        return False

    def shown(self, title: str) -> Any:
        return self.page.evaluate(SHOWN, title)

    def press(self, action: str = "") -> tuple[str, int]:
        """The address that a press of the notification, or of its button *action*, opens; and what is left of it."""
        address, left = self._first(lambda: self.context.service_workers).evaluate(PRESSED, action)
        return str(address), int(left)

    def _first(self, reported: Callable[[], Sequence[T]]) -> T:
        """The first of what Chromium has *reported*, as soon as there is one."""
        for _ in range(3000):
            if reported():
                return reported()[0]
            self.page.wait_for_timeout(20)
        raise TimeoutError("Chromium reports no service worker")


@pytest.fixture
def service(embedded: Bundle) -> Iterator[PushService]:
    embedded.runtime.settings.environment["VAPID_KEY"] = KEY  # type: ignore[index]
    embedded.configure(CHANNELS)
    embedded.runtime.settings.environment["OPOS_PUBLIC_URL"] = embedded.url  # type: ignore[index]
    with push_service(embedded.clock) as running:
        embedded.runtime.settings.environment["OPOS_LOCAL_PUSH_SERVICE"] = running.address  # type: ignore[index]
        yield running


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Chromium]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield running
        running.close()


@pytest.fixture
def phone(embedded: Bundle, service: PushService, chromium: "Chromium") -> Iterator[Phone]:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.grant_permissions(["notifications"], origin=embedded.url)
    browser = service.subscribe()
    context.add_init_script(SUBSCRIBE % json.dumps(browser.subscription))
    page = context.new_page()
    page.set_default_timeout(10_000)
    name, _, value = signed_in(embedded.runtime.context()).partition("=")
    context.add_cookies([{"name": name, "value": value, "url": embedded.url}])
    page.goto(f"{embedded.url}/devices")
    yield Phone(embedded, page, context, browser)
    context.close()


def test_a_page_reaches_the_phone_and_its_button_opens_what_acknowledges(phone: Phone) -> None:
    phone.expect("This device is not subscribed.")
    phone.page.get_by_role("button", name="Notify me on this device").click()
    phone.expect("This device is subscribed.")
    phone.expect("(this device)", at="li[data-device]")
    phone.bundle.trouble("disk")
    phone.bundle.settle()
    (push,) = phone.browser.pushes
    phone.deliver(json.dumps(push.content))
    assert phone.shown("Trouble disk") == [[True, ["Acknowledge"]]]
    opened, left = phone.press("acknowledge")
    assert left == 0
    phone.page.goto(phone.bundle.url + "/" + opened.split("/", 3)[3])
    assert [doc.data["state"] for doc in phone.bundle.docs("alerts")] == ["firing"]
    phone.page.get_by_role("button", name=re.compile("^Acknowledge")).first.click()
    phone.page.wait_for_load_state()
    assert [doc.data["state"] for doc in phone.bundle.docs("alerts")] == ["acknowledged"]


def test_a_repeat_replaces_the_notification_and_the_press_of_it_opens_the_same_page(phone: Phone) -> None:
    content = {"title": "Disk full", "navigate": "https://opos.example/ack/t", "tag": "g", "renotify": True}
    for title in ("Disk full", "Disk still full"):
        phone.deliver(json.dumps({"notification": {**content, "title": title}}))
    assert phone.shown("Disk still full") == [[False, []]]
    assert phone.press() == ("https://opos.example/ack/t", 0)


def test_a_message_that_cannot_be_read_still_shows_that_there_is_one(phone: Phone) -> None:
    for content in ("", "not json", "{}", "[]"):
        phone.deliver(content)
        assert len(phone.shown("opos has a notification")) == 1
        assert phone.press() == (f"{phone.bundle.url}/", 0)


def test_a_device_that_subscribed_with_another_key_is_asked_to_subscribe_again(phone: Phone) -> None:
    phone.page.get_by_role("button", name="Notify me on this device").click()
    phone.expect("This device is subscribed.")
    phone.page.evaluate("localStorage.vapid = '[4]'")
    phone.page.reload()
    phone.expect("The key has changed since this device subscribed.")
    assert phone.page.locator("#this-device").get_attribute("data-key") == PUBLIC


def test_what_opos_rejects_is_shown_where_the_button_was_pressed(phone: Phone) -> None:
    for doc in phone.bundle.docs("sessions"):
        phone.bundle.forget(doc)
    phone.page.get_by_role("button", name="Notify me on this device").click()
    phone.expect("This device could not be subscribed: You are not signed in")


def test_the_browser_finds_the_console_installable(phone: Phone) -> None:
    session = phone.context.new_cdp_session(phone.page)
    session.send("Page.enable")
    manifest = session.send("Page.getAppManifest")
    assert (manifest["errors"], json.loads(manifest["data"])["name"]) == ([], "opos")
    faults = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []
