"""What a person does in the console, in a real Chromium with its script: each from a link to its outcome."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.support.gallery import DESK, PHONE, chromium, say, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs.browser
PATIENCE = 60_000


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as browser:
        yield browser


def signed_in(browser: "Browser", bundle: Bundle, viewport: dict[str, int]) -> "Page":
    page = browser.new_context(viewport=viewport).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    sign_in(page, bundle)
    return page


def test_a_flag_is_switched_off_and_seen_off(embedded: Bundle, browser: "Browser") -> None:
    asked = "/ofrep/v1/evaluate/flags/everyone"
    assert embedded.request("POST", asked, b'{"context": {}}').json["value"] is True
    page = signed_in(browser, embedded, PHONE)
    page.get_by_role("link", name="More").click()
    page.locator("main").get_by_role("link", name="Flags").click()
    flag = page.locator("li", has=page.locator("#flag-everyone"))
    flag.get_by_text("Override…").click()
    flag.get_by_label("Variant for everyone").select_option("off")
    flag.get_by_label("Why").fill("it charges twice")
    flag.get_by_role("button", name="Override").click()
    page.get_by_text("overridden: off").wait_for()
    assert page.get_by_text("it charges twice").is_visible()
    for _ in range(100):  # a function reads the overrides again after five seconds, by its own clock
        if embedded.request("POST", asked, b'{"context": {}}').json["value"] is False:
            break
        page.wait_for_timeout(200)
    assert embedded.request("POST", asked, b'{"context": {}}').json["value"] is False
    page.get_by_role("button", name="End override of everyone").click()
    page.get_by_text("The override has ended").wait_for()


def test_the_keyboard_alone_opens_an_alert_goes_back_and_acknowledges(embedded: Bundle, browser: "Browser") -> None:
    say(embedded, "Disk full", "critical")
    page = signed_in(browser, embedded, DESK)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Disk full").wait_for()
    page.keyboard.press("u")
    page.get_by_role("heading", level=1, name="1 thing needs you now").wait_for()
    for key, heading in (("s", "Settings"), ("f", "Flags"), ("h", "opos does not sweep")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.get_by_role("heading", level=1, name=heading).wait_for()
    assert [doc.data["state"] for doc in embedded.docs("alerts")] == ["firing"]
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.get_by_role("heading", level=1, name="1 thing needs you now").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Nothing needs you").wait_for()


def test_a_page_left_open_shows_a_new_alert_and_waits_while_a_form_is_filled_in(
    embedded: Bundle, browser: "Browser"
) -> None:
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    page.clock.install()
    sign_in(page, embedded)
    page.get_by_role("heading", level=1, name="Nothing needs you").wait_for()
    say(embedded, "Disk full", "critical")
    with page.expect_response(lambda answer: answer.url == f"{embedded.url}/" and answer.status == 200):
        page.clock.run_for(21_000)
    page.get_by_role("heading", level=1, name="1 thing needs you now").wait_for()
    assert page.title().startswith("(1) Today")
    with page.expect_response(lambda answer: answer.status == 304):
        page.clock.run_for(21_000)
    page.locator("main").evaluate("main => main.insertAdjacentHTML('beforeend', '<form><input id=why></form>')")
    page.locator("#why").fill("half a sentence")
    say(embedded, "Checkout down", "critical")
    page.clock.run_for(41_000)
    assert page.locator("#live").inner_text().startswith("Paused at ")
    assert page.locator("#why").input_value() == "half a sentence"


def test_a_page_says_since_when_it_is_old(embedded: Bundle, browser: "Browser") -> None:
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    page.clock.install()
    sign_in(page, embedded)
    page.context.set_offline(True)
    for _ in range(3):
        with page.expect_event("requestfailed"):
            page.clock.run_for(20_000)
    page.get_by_text("Not updated since ").wait_for()
