"""The pictures of docs/, made anew from what the code renders: `python -m tests.support.pictures`."""

from datetime import timedelta

from playwright.sync_api import Browser, sync_playwright

from functions.console.handler import handle as console
from shared.values.http import HttpRequest
from tests.e2e.test_console_browser import DESK, PHONE, QUIET
from tests.support.digests import a_mixed_day, context_of, send
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


def review() -> str:
    context = weekly()
    a_noisy_week(context)
    make_review(context)
    token = context.links.token("console", {}, expires=context.now + timedelta(hours=1))
    answer = console(HttpRequest("GET", "/review", {"cookie": f"opos_console={token}"}), context)
    return answer.body.decode()


def picture(browser: Browser, html: str, name: str, viewport: dict[str, int], colours: str) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=viewport, color_scheme=colours).new_page()  # type: ignore[arg-type]
    page.set_content(html)
    page.screenshot(path=DOCS / f"{name}.jpg", full_page=True, type="jpeg", quality=60)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        picture(browser, digest(), "digest-phone-light", PHONE, "light")
        picture(browser, digest(), "digest-desk-dark", DESK, "dark")
        picture(browser, review(), "review-phone-dark", PHONE, "dark")
        picture(browser, review(), "review-desk-light", DESK, "light")
        browser.close()


if __name__ == "__main__":
    main()
