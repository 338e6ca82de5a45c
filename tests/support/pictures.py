"""The pictures of docs/, made anew from what the code renders: `python -m tests.support.pictures`."""

from playwright.sync_api import Browser, Page, sync_playwright

from functions.console.handler import handle as console
from shared.values.http import HttpRequest
from tests.e2e.test_console_browser import DESK, PHONE, QUIET
from tests.support.console import signed_in
from tests.support.digests import a_mixed_day, context_of, send
from tests.support.fakes import FakeContext
from tests.support.project import ROOT
from tests.support.weeks import a_noisy_week, make_review, weekly

DOCS = ROOT / "docs"


def digest() -> str:
    context = context_of()
    a_mixed_day(context)
    send(context)
    mailing = context.channels["inbox"].sent[-1][1].mailing
    assert mailing is not None
    return mailing.html


def page(context: FakeContext, path: str) -> str:
    """A page of the console, as the operator sees it."""
    return console(HttpRequest("GET", path, {"cookie": signed_in(context)}), context).body.decode()


def overview() -> str:
    context = context_of()
    a_mixed_day(context)
    return page(context, "/")


def review() -> str:
    context = weekly()
    a_noisy_week(context)
    make_review(context)
    return page(context, "/review")


def shown(browser: Browser, html: str, viewport: dict[str, int], colours: str) -> Page:
    tab = browser.new_context(java_script_enabled=False, viewport=viewport, color_scheme=colours).new_page()  # type: ignore[arg-type]
    tab.set_content(html)
    return tab


def picture(browser: Browser, html: str, name: str, viewport: dict[str, int], colours: str) -> None:
    path = DOCS / f"{name}.jpg"
    shown(browser, html, viewport, colours).screenshot(path=path, full_page=True, type="jpeg", quality=60)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        picture(browser, digest(), "digest-phone-light", PHONE, "light")
        picture(browser, digest(), "digest-desk-dark", DESK, "dark")
        picture(browser, review(), "review-phone-dark", PHONE, "dark")
        picture(browser, review(), "review-desk-light", DESK, "light")
        shown(browser, overview(), {**PHONE, "height": 760}, "light").screenshot(path=DOCS / "console.png")
        browser.close()


if __name__ == "__main__":
    main()
