"""The console as the operator meets it: a real Chromium without JavaScript, on a phone and a desk, by day and night."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.support.console import link_path
from tests.support.gallery import QUIET, a_bad_morning, say

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs.browser

PATIENCE = 60_000
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """A browser sees no store."""
    return embedded


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield running
        running.close()


def opened(browser: "Browser", **settings: Any) -> "Page":
    """A page of a browser of its own, which runs no script; its `complaints` fail the test."""
    page = browser.new_context(java_script_enabled=False, **settings).new_page()
    page.set_default_timeout(PATIENCE)
    return page


def path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def sign_in(page: "Page", bundle: Bundle) -> None:
    page.goto(bundle.url + link_path(bundle.runtime.context()))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{bundle.url}/")


def headline(page: "Page", words: str) -> None:
    """Wait for the page that a press leads to: a click ends before the next page is there."""
    from playwright.sync_api import expect

    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=PATIENCE)


def told(page: "Page", beginning: str) -> None:
    from playwright.sync_api import expect

    expect(page.get_by_role("status")).to_have_text(re.compile(re.escape(beginning)), timeout=PATIENCE)


def test_the_operator_opens_the_console_and_acknowledges_from_it(bundle: Bundle, browser: "Browser") -> None:
    say(bundle, "Disk full", "critical")
    say(bundle, "Checkout answers 502", "critical")
    page = opened(browser, viewport=PHONE)
    sign_in(page, bundle)
    headline(page, "2 things need you now")
    page.get_by_role("button", name="Acknowledge Disk full").click()
    headline(page, "1 thing needs you now")
    assert page.url == f"{bundle.url}/"
    assert page.get_by_role("button", name="Acknowledge Disk full").count() == 0
    assert sorted(doc.data["state"] for doc in bundle.docs("alerts")) == ["acknowledged", "firing"]


def test_a_stranger_sees_how_to_open_the_console_and_nothing_else(bundle: Bundle, browser: "Browser") -> None:
    say(bundle, "Disk full", "critical")
    page = opened(browser)
    answer = page.goto(bundle.url)
    assert answer is not None
    assert answer.status == 401
    assert "opos console" in page.inner_text("main")
    assert "Disk full" not in page.content()


def test_the_link_in_a_page_asks_first_and_acts_on_the_button(bundle: Bundle, browser: "Browser") -> None:
    say(bundle, "Disk full", "critical")
    ((_, notice),) = bundle.desk.sent
    page = opened(browser, viewport=PHONE)
    page.goto(bundle.url + path(notice.ack_url))
    page.reload()
    headline(page, "Disk full")
    assert [doc.data["state"] for doc in bundle.docs("alerts")] == ["firing"]
    page.get_by_role("button", name="Acknowledge").click()
    told(page, "Acknowledged until ")
    assert [doc.data["state"] for doc in bundle.docs("alerts")] == ["acknowledged"]
    page.reload()
    told(page, "Already acknowledged at ")


def test_one_tap_on_the_page_of_a_group_acknowledges_all_of_it(bundle: Bundle, browser: "Browser") -> None:
    bundle.configure("route: {channel: desk, group_by: [source], group_wait: 30s}\n")
    for n in range(3):
        say(bundle, f"Host {n} is down", "critical")
    bundle.tick(minutes=1)
    ((_, notice),) = bundle.desk.sent
    page = opened(browser, viewport=PHONE)
    page.goto(bundle.url + path(notice.ack_url))
    headline(page, "3 alerts: Host 0 is down")
    page.get_by_role("button", name="Acknowledge").click()
    told(page, "Acknowledged until ")
    assert {doc.data["state"] for doc in bundle.docs("alerts")} == {"acknowledged"}


def test_from_the_link_of_a_page_an_alert_is_snoozed_and_similar_ones_silenced(
    bundle: Bundle, browser: "Browser"
) -> None:
    say(bundle, "Disk full", "critical")
    ((_, notice),) = bundle.desk.sent
    page = opened(browser, viewport=PHONE)
    page.goto(bundle.url + path(notice.ack_url))
    page.get_by_role("button", name="Snooze 1 h").click()
    told(page, "Snoozed until ")
    page.goto(bundle.url + path(notice.ack_url))
    page.get_by_role("link", name="Silence similar alerts").click()
    page.get_by_label("Why").fill("the disk is being replaced")
    page.get_by_label("4 hours").check()
    page.get_by_role("button", name="Silence").click()
    headline(page, "Silenced for 4h.")
    assert [doc.data["comment"] for doc in bundle.docs("silences")] == ["the disk is being replaced"]
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_an_expired_link_says_so(bundle: Bundle, browser: "Browser") -> None:
    say(bundle, "Disk full", "critical")
    ((_, notice),) = bundle.desk.sent
    bundle.clock.advance(days=8)
    page = opened(browser)
    answer = page.goto(bundle.url + path(notice.ack_url))
    assert answer is not None
    assert answer.status == 410
    headline(page, "This link has expired.")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_fits_its_screen_by_day_and_by_night(
    bundle: Bundle, browser: "Browser", viewport: dict[str, int], colours: str, tmp_path: Path
) -> None:
    a_bad_morning(bundle)
    long = "x" * 180
    bundle.send(
        "app", {"type": "trouble", "data": {"id": long, "title": long, "severity": "critical"}}, delivery="long"
    )
    bundle.settle()
    page = opened(browser, viewport=viewport, color_scheme=colours)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    sign_in(page, bundle)
    page.screenshot(path=tmp_path / "console.png", full_page=True)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= viewport["width"]
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px", "the stylesheet was not applied"
    least = 44 if viewport is PHONE else 24  # WCAG 2.2, 2.5.5 for a finger, 2.5.8 for a mouse
    for button in page.locator("main").get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= least
    assert complaints == []


def test_the_console_needs_no_mouse(bundle: Bundle, browser: "Browser") -> None:
    say(bundle, "Disk full", "critical")
    page = opened(browser, viewport=DESK)
    sign_in(page, bundle)
    headline(page, "1 thing needs you now")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link past the navigation
    button = page.get_by_role("button", name="Acknowledge Disk full")
    for _ in range(3):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    headline(page, "Nothing needs you")


def test_a_page_that_stays_open_past_its_cookie_asks_to_sign_in_again(bundle: Bundle, browser: "Browser") -> None:
    say(bundle, "Disk full", "critical")
    page = opened(browser)
    sign_in(page, bundle)
    bundle.clock.advance(days=7)
    page.reload()
    assert "opos console" in page.inner_text("main")


def test_the_operator_signs_out(bundle: Bundle, browser: "Browser") -> None:
    page = opened(browser, viewport=PHONE)
    sign_in(page, bundle)
    page.get_by_role("link", name="More").click()
    page.locator("main").get_by_role("button", name="Sign out").click()
    headline(page, "You are signed out.")
    page.goto(bundle.url)
    headline(page, "Sign in to continue")
    assert page.context.cookies() == []


@pytest.mark.slow
@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without"])
def test_the_operator_finds_the_failed_payment_of_last_week_and_replays_it(
    bundle: Bundle, browser: "Browser", *, has_script: bool
) -> None:
    invoice = {
        "id": "in_1",
        "object": "invoice",
        "customer_email": "ada@example.com",
        "amount_due": 4900,
        "currency": "eur",
    }
    payment = {"id": "evt_1", "object": "event", "type": "invoice.payment_failed", "livemode": True}
    bundle.send("stripe", {**payment, "data": {"object": invoice}}, delivery="evt_1")
    bundle.settle()
    bundle.clock.advance(days=7)
    for number in range(3):
        say(bundle, f"Trouble {number}", "warning")
    page = browser.new_context(java_script_enabled=has_script, viewport=PHONE).new_page()
    page.set_default_timeout(PATIENCE)
    sign_in(page, bundle)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Events").click()
    headline(page, "Events")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Source").locator("visible=true").select_option("stripe")
    page.get_by_label("Type").locator("visible=true").fill("invoice.*")
    page.get_by_role("button", name="Show").locator("visible=true").click()
    page.get_by_role("link", name=re.compile("Payment of 49.00 EUR failed")).click()
    headline(page, "Payment of 49.00 EUR failed: ada@example.com")
    assert "e-mail address" in page.inner_text("pre")
    page.get_by_role("link", name="Preview the replay").click()
    page.get_by_role("heading", name="What a replay would do").wait_for()
    page.get_by_role("button", name="Replay event").click()
    page.get_by_text("Replayed.").wait_for()
    bundle.settle()
    (alert,) = [doc for doc in bundle.docs("alerts") if doc.data["source"] == "stripe"]
    assert alert.data["count"] == 2
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Show redacted values").click()
    page.locator("pre", has_text="ada@example.com").wait_for()
