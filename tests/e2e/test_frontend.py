"""The example's page in a real Chromium, from an origin of its own, on the flags of a running bundle."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from werkzeug.serving import make_server

from tests.e2e.test_console_browser import DESK, PHONE, QUIET
from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.support.http_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Response

pytestmark = [needs.browser, needs.frontend]

FLAGS = (needs.ROOT / "flags.yaml").read_text()
PATIENCE = 60_000
BULK = "/ofrep/v1/evaluate/flags"
LIVE, AWAY = "Live from", "The flag server does not answer"
DEFAULTS = {"new_checkout": "false", "dark_mode": "false", "beta_dashboard": "false", "old_export": "true"}


class Dist(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args, directory=str(needs.FRONTEND / "dist"))

    def log_message(self, *_: Any) -> None:
        """Nothing is written between the dots of a test run."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the page is served."""
    with served(Dist) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield running
        running.close()


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """On the project's own flags."""
    (embedded.folder / "flags.yaml").write_text(FLAGS)
    return embedded


@dataclass
class Shop:
    """The open page: its `answers` on flags, and its `complaints`."""

    page: "Page"
    address: str
    answers: "list[Response]" = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("response", lambda answer: self.answers.append(answer) if BULK in answer.url else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type != "log" else None)

    def open(self) -> "Shop":
        self.page.goto(self.address)
        return self

    def says(self, text: str, where: str = "role=status") -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(where)).to_contain_text(text, timeout=PATIENCE)

    def shows(self, visitor: str, flags: dict[str, str]) -> None:
        """Waits for the values of *flags* for *visitor*."""
        from playwright.sync_api import expect

        expect(self.page.locator("#who")).to_have_text(visitor, timeout=PATIENCE)
        for flag, value in flags.items():
            expect(self.page.locator(f"[data-flag={flag}] .value")).to_have_text(value, timeout=PATIENCE)

    def row(self, flag: str) -> list[str]:
        return self.page.locator(f"[data-flag={flag}] td").all_inner_texts()

    def sees(self, text: str) -> bool:
        return self.page.get_by_text(text, exact=True).is_visible()

    def become(self, visitor: str) -> None:
        self.page.get_by_label("Visitor").fill(visitor)
        self.page.get_by_role("button", name="Switch").click()


@pytest.fixture
def visit(browser: "Browser", bundle: Bundle, origin: str) -> "Iterator[Visit]":
    visits = Visit(browser, bundle, origin)
    yield visits
    for context in visits.contexts:
        context.close()


@dataclass
class Visit:
    browser: "Browser"
    bundle: Bundle
    origin: str
    contexts: "list[BrowserContext]" = field(default_factory=list)

    def __call__(self, visitor: str = "ada", **settings: Any) -> Shop:
        """The page, opened by a browser that was never there before."""
        self.contexts.append(self.browser.new_context(**settings))
        query = urlencode({"server": self.bundle.url, "poll": 200, "user": visitor})
        return Shop(self.contexts[-1].new_page(), f"{self.origin}/?{query}").open()


def who_is(bundle: Bundle, flag: str, *, value: bool) -> str:
    """A user for whom the bundle says so."""
    users = (f"u{n}" for n in range(100))
    return next(
        user for user in users if bundle.request("GET", f"/flags/{flag}?targetingKey={user}").json[flag] is value
    )


def go_away(bundle: Bundle) -> None:
    bundle.server.shutdown()
    bundle.server.server_close()


def come_back(bundle: Bundle) -> None:
    bundle.server = make_server("127.0.0.1", bundle.server.server_port, bundle.server.app, threaded=True)
    threading.Thread(target=bundle.server.serve_forever, daemon=True).start()


def test_the_page_hangs_on_the_flags_and_shows_why(bundle: Bundle, visit: Visit) -> None:
    visitor = who_is(bundle, "new_checkout", value=True)
    shop = visit(visitor)
    shop.shows(visitor, {"new_checkout": "true"})
    shop.says(f"{LIVE} {bundle.url}")
    assert [shop.row(flag) for flag in DEFAULTS] == [
        ["new_checkout", "true", "on", "TARGETING_MATCH"],
        ["dark_mode", "true", "on", "STATIC"],
        ["beta_dashboard", "false", "off", "TARGETING_MATCH"],
        ["old_export", "false", "off", "STATIC"],
    ]
    assert (shop.sees("Buy now"), shop.sees("To the basket")) == (True, False)
    assert (shop.sees("Your orders"), shop.sees("Download all as CSV")) == (True, False)
    assert shop.page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert shop.answers[0].status == 200


def test_what_has_not_changed_is_not_sent_again(visit: Visit) -> None:
    shop = visit()
    with shop.page.expect_response(lambda answer: BULK in answer.url and answer.status == 304) as again:
        shop.says(LIVE)
    first = shop.answers[0]
    assert (first.status, "if-none-match" in first.request.all_headers()) == (200, False)
    assert again.value.request.all_headers()["if-none-match"] == first.all_headers()["etag"]
    shop.says("no changes (304)", where="#heard")


def test_another_visitor_gets_another_checkout(bundle: Bundle, visit: Visit) -> None:
    one, other = who_is(bundle, "new_checkout", value=True), who_is(bundle, "new_checkout", value=False)
    shop = visit(one)
    shop.shows(one, {"new_checkout": "true"})
    shop.become(other)
    shop.shows(other, {"new_checkout": "false", "dark_mode": "true"})
    assert (shop.sees("Buy now"), shop.sees("To the basket")) == (False, True)
    shop.become(one)
    shop.shows(one, {"new_checkout": "true"})
    assert shop.sees("Buy now")


def test_a_flag_changed_in_the_file_arrives_on_the_open_page(bundle: Bundle, visit: Visit) -> None:
    shop = visit()
    shop.shows("ada", {"dark_mode": "true", "old_export": "false"})
    shop.page.evaluate("window.opened = 'once'")
    changed = FLAGS.replace("dark_mode: {enabled: true}", "dark_mode: {enabled: false}")
    (bundle.folder / "flags.yaml").write_text(
        changed.replace("old_export: {enabled: false}", "old_export: {enabled: true}")
    )
    shop.shows("ada", {"dark_mode": "false", "old_export": "true"})
    assert shop.page.evaluate("getComputedStyle(document.body).colorScheme") == "light"
    assert (shop.sees("Download all as CSV"), shop.page.evaluate("window.opened")) == (True, "once")


def test_a_page_that_reaches_no_server_shows_its_own_defaults_until_there_is_one(bundle: Bundle, visit: Visit) -> None:
    go_away(bundle)
    shop = visit()
    shop.says(f"{AWAY} this page. These are the page's own defaults.")
    shop.shows("ada", DEFAULTS)
    assert (shop.sees("To the basket"), shop.sees("Download all as CSV")) == (True, True)
    shop.become("grace")
    shop.shows("grace", DEFAULTS)
    come_back(bundle)
    shop.says(LIVE)
    shop.shows("grace", {"dark_mode": "true", "old_export": "false"})


def test_a_page_whose_server_goes_away_keeps_its_answers_until_it_is_back(bundle: Bundle, visit: Visit) -> None:
    shop = visit()
    shop.says(LIVE)
    go_away(bundle)
    shop.says(f"{AWAY}. These are its last values.")
    shop.shows("ada", {"dark_mode": "true", "old_export": "false"})
    come_back(bundle)
    shop.says(LIVE)


def test_a_new_visitor_never_gets_the_answers_of_the_one_before(bundle: Bundle, visit: Visit) -> None:
    one = who_is(bundle, "new_checkout", value=True)
    shop = visit(one)
    shop.shows(one, {"new_checkout": "true"})
    go_away(bundle)
    shop.says(AWAY)
    shop.become("grace")
    shop.shows("grace", DEFAULTS)
    come_back(bundle)
    shop.shows("grace", {"dark_mode": "true"})


def test_who_was_there_before_gets_the_last_answers_of_a_server_that_is_away(bundle: Bundle, visit: Visit) -> None:
    shop = visit()
    shop.shows("ada", {"dark_mode": "true"})
    go_away(bundle)
    shop.open()
    shop.says(f"{AWAY}. These are its last values.")
    assert shop.row("dark_mode") == ["dark_mode", "true", "on", "CACHED"]
    (bundle.folder / "flags.yaml").write_text(
        FLAGS.replace("dark_mode: {enabled: true}", "dark_mode: {enabled: false}")
    )
    come_back(bundle)
    shop.shows("ada", {"dark_mode": "false"})
    shop.says(LIVE)


def test_a_page_that_is_told_to_wait_waits(bundle: Bundle, visit: Visit) -> None:
    bundle.configure("flags: {requests_per_minute: 20}\n")
    while bundle.request("GET", "/flags").status == 200:
        pass
    shop = visit()
    shop.shows("ada", {"dark_mode": "true"})
    assert [answer.status for answer in shop.answers[:2]] == [429, 200]


@pytest.mark.parametrize("welcome", [True, False])
def test_only_a_page_of_a_named_origin_gets_answers(
    bundle: Bundle,
    visit: Visit,
    origin: str,
    welcome: bool,  # noqa: FBT001
) -> None:
    bundle.configure(f"flags: {{origins: [{origin if welcome else 'https://shop.example'}]}}\n")
    shop = visit()
    shop.says(LIVE if welcome else AWAY)
    shop.shows("ada", {"dark_mode": "true"} if welcome else DEFAULTS)
    assert bool(shop.answers) is welcome, "the browser asked, though it had been told not to"


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_fits_its_screen_and_complains_of_nothing(
    visit: Visit, viewport: dict[str, int], tmp_path: Path
) -> None:
    shop = visit("x" * 100, viewport=viewport)
    shop.says(LIVE)
    shop.shows("x" * 100, {"dark_mode": "true"})
    shop.page.screenshot(path=tmp_path / "shop.png", full_page=True)
    assert shop.page.evaluate("document.scrollingElement.scrollWidth") <= viewport["width"]
    for control in [*shop.page.get_by_role("button").all(), shop.page.get_by_label("Visitor")]:
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= viewport["width"]
    assert shop.complaints == []
