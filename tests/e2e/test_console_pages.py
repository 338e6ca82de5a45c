"""Every page of the console in a real Chromium: legible to everybody, as wide as its screen, light, and without a fault."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.support.gallery import DESK, PHONE, a_bad_morning, chromium, pages, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [needs.browser, needs.npm]
AXE = needs.NPM / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HEAVIEST = 60_000
"""Bytes of a page as the server makes it, without its stylesheet and its script."""
PICTURES = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    bundle = Bundle(Path(tmp_path_factory.mktemp("pages")))
    bundle.start()
    a_bad_morning(bundle)
    yield bundle
    bundle.stop()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as browser:
        yield browser


def faults(page: "Page") -> list[str]:
    """What axe-core finds wrong with the page, in its own words. Playwright's own call needs no permission of the page."""
    page.evaluate(AXE.read_text())
    result = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
    return [
        f"{fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(("viewport", "theme"), PICTURES, ids=["phone-day", "phone-night", "desk-day", "desk-night"])
def test_every_page_is_legible_to_everybody_and_fits_its_screen(
    bundle: Bundle, browser: "Browser", viewport: Any, theme: Any
) -> None:
    page = browser.new_context(viewport=viewport, color_scheme=theme).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, bundle)
    for name, path in pages(bundle).items():
        answer = page.goto(bundle.url + path)
        assert answer is not None
        assert (name, answer.status) == (name, 404 if name == "not-found" else 200)
        assert (name, len(answer.body()) <= HEAVIEST) == (name, True)
        assert (name, page.evaluate("document.scrollingElement.scrollWidth")) == (name, viewport["width"])
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        assert (name, faults(page)) == (name, [])
    assert [words for words in complaints if "404" not in words] == []


def test_a_page_with_a_fault_is_noticed(bundle: Bundle, browser: "Browser") -> None:
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    sign_in(page, bundle)
    page.evaluate("""() => {
      document.documentElement.removeAttribute("lang");
      document.querySelector("main button").textContent = "";
      document.querySelector("main button").removeAttribute("aria-label");
    }""")
    assert {fault.partition(":")[0] for fault in faults(page)} >= {"html-has-lang", "button-name"}
