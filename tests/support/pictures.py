"""The pictures of docs/, made anew from what the code renders: `python -m tests.support.pictures`."""

from playwright.sync_api import Browser, Page, Route, sync_playwright

from functions.console.handler import handle as console
from shared.values.http import HttpRequest
from tests.support.console import signed_in
from tests.support.digests import a_mixed_day, context_of, send
from tests.support.fakes import FakeContext
from tests.support.gallery import CHROMIUM, DESK, PHONE, QUIET
from tests.support.project import ROOT
from tests.support.weeks import a_noisy_week, make_review, weekly

DOCS, SITE = ROOT / "docs", "https://desk.example"


def digest() -> str:
    context = context_of()
    a_mixed_day(context)
    send(context)
    mailing = context.channels["inbox"].sent[-1][1].mailing
    assert mailing is not None
    return mailing.html


def overview() -> FakeContext:
    context = context_of()
    a_mixed_day(context)
    return context


def review() -> FakeContext:
    context = weekly()
    a_noisy_week(context)
    make_review(context)
    return context


def tab(browser: Browser, viewport: dict[str, int], colours: str) -> Page:
    return browser.new_context(java_script_enabled=False, viewport=viewport, color_scheme=colours).new_page()  # type: ignore[arg-type]


def visited(page: Page, context: FakeContext, path: str) -> Page:
    """*page* at a path of the console, as the operator sees it."""
    cookie = {"cookie": signed_in(context)}

    def serve(route: Route) -> None:
        asked = route.request.url.removeprefix(SITE)
        answer = console(HttpRequest("GET", asked.partition("?")[0], cookie), context)  # type: ignore[arg-type]
        route.fulfill(status=answer.status, headers=dict(answer.headers), body=answer.body)

    page.route(f"{SITE}/**", serve)
    page.goto(f"{SITE}{path}")
    return page


def picture(page: Page, name: str) -> None:
    page.screenshot(path=DOCS / f"{name}.jpg", full_page=True, type="jpeg", quality=60)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for name, viewport, colours in (("phone-light", PHONE, "light"), ("desk-dark", DESK, "dark")):
            page = tab(browser, viewport, colours)
            page.set_content(digest())
            picture(page, f"digest-{name}")
        for name, viewport, colours in (("phone-dark", PHONE, "dark"), ("desk-light", DESK, "light")):
            picture(visited(tab(browser, viewport, colours), review(), "/review"), f"review-{name}")
        phone = visited(tab(browser, {**PHONE, "height": 760}, "light"), overview(), "/")
        phone.screenshot(path=DOCS / "console.png")
        browser.close()


if __name__ == "__main__":
    main()
