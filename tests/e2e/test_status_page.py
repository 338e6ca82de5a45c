"""The status page as the operator and the public use it: declared in a terminal, read over HTTP."""

import json
import xml.etree.ElementTree as ET
from contextlib import chdir
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from tests.support import requirements as needs
from tests.support.bundle import SECRETS, Bundle

STATUS = """
status:
  title: Shop
  components:
    checkout:
      name: Checkout
      when:
        - {state: down, matchers: [source=app, severity=critical]}
        - {state: degraded, matchers: [service=chekout]}
    search: {name: Search}
"""


def declared(bundle: Bundle) -> Bundle:
    bundle.clock.moment = datetime.now(UTC)  # the commands have the time of the machine
    bundle.configure(STATUS)
    bundle.tick()
    return bundle


@pytest.fixture
def shop(bundle: Bundle) -> Bundle:
    """On both stores."""
    return declared(bundle)


@pytest.fixture
def here(embedded: Bundle) -> Bundle:
    return declared(embedded)


def run(bundle: Bundle, *words: str) -> Result:
    with chdir(bundle.folder):
        return CliRunner().invoke(main, [*words, *bundle.place], env=SECRETS)


def done(bundle: Bundle, *words: str) -> str:
    result = run(bundle, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def page(bundle: Bundle) -> dict[str, object]:
    """The page half a minute later, when what the process has read is no longer fresh."""
    bundle.tick(seconds=31)
    content: dict[str, object] = bundle.request("GET", "/status.json").json
    return content


def test_from_an_incident_in_the_terminal_to_the_public_page_and_back(shop: Bundle) -> None:
    assert page(shop)["headline"] == "No known problems."
    said = done(shop, "statuspage", "open", "Search is slow", "--component", "search", "--impact", "degraded")
    id = json.loads(done(shop, "statuspage", "list", "--json"))[0]["id"]
    assert said.startswith(f"Public incident {id[:8]} is open.")
    done(shop, "statuspage", "update", id[:6], "We found the cause.", "--progress", "identified", "--as", "zoe")
    assert page(shop)["headline"] == "Degraded: Search."
    feed = shop.request("GET", "/status.atom")
    assert feed.text.count("<entry>") == 2
    assert ET.fromstring(feed.text) is not None  # noqa: S314
    assert "zoe" not in feed.text + shop.request("GET", "/status").text
    done(shop, "statuspage", "resolve", id[:6], "The index is back.")
    assert page(shop)["headline"] == "No known problems."
    again = run(shop, "statuspage", "update", id[:6], "One more.")
    assert (again.exit_code, "this one is resolved" in again.stderr) == (2, True)
    done(shop, "statuspage", "withdraw", id[:6])
    assert "The page lists no incidents." in done(shop, "statuspage", "list")
    assert "The index is back." not in str(page(shop)) + shop.request("GET", "/status").text


def test_an_alert_changes_the_page_and_nothing_of_it_is_public(shop: Bundle) -> None:
    shop.trouble("Postgres-on-db-7")
    shop.settle()
    assert page(shop)["headline"] == "Down: Checkout."
    texts = [shop.request("GET", path).text for path in ("/status", "/status.atom", "/status.json", "/status.svg")]
    assert not any("Postgres" in text or "Trouble" in text for text in texts)
    shop.trouble("Postgres-on-db-7", status="resolved")
    shop.settle()
    assert page(shop)["headline"] == "No known problems."


def test_a_maintenance_window_shows_what_is_planned(here: Bundle) -> None:
    done(here, "statuspage", "maintenance", "Moving", "--component", "search", "--from", "2h", "--for", "90m")
    content = page(here)
    assert (content["state"], len(content["planned"])) == ("operational", 1)  # type: ignore[arg-type]
    here.clock.advance(hours=2)
    assert page(here)["headline"] == "Maintenance: Search."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("open", "x", "--impact", "down", "--component", "serch"), "found 'serch'; known: checkout, search"),
        (("open", " ", "--impact", "down"), "expected a text that the public can read, found none"),
        (("maintenance", "x"), "expected --for or --until, and not both"),
        (("maintenance", "x", "--for", "soon"), "expected a duration such as 5m"),
        (("resolve", "0a1b"), 'No public incident matches "0a1b"'),
    ],
)
def test_a_mistake_says_what_was_expected_and_stores_nothing(
    here: Bundle, words: tuple[str, ...], expected: str
) -> None:
    result = run(here, "statuspage", *words)
    assert result.exit_code in {1, 2}
    assert expected in " ".join(result.stderr.split())
    assert here.docs("public_incidents") == []


def test_without_a_status_section_the_command_says_how_to_add_it(embedded: Bundle) -> None:
    result = run(embedded, "statuspage", "open", "x", "--impact", "down")
    assert (result.exit_code, "expected a status page; found none" in result.stderr) == (2, True)
    assert embedded.request("GET", "/status").status == 404


def test_doctor_names_a_matcher_that_no_alert_has_met_with_its_line(here: Bundle) -> None:
    here.trouble("disk")
    here.settle()
    said = run(here, "doctor").stdout
    (warning,) = [line for line in said.splitlines() if line.startswith("warning: ")]
    line = (here.folder / "opos.yaml").read_text().splitlines().index(
        "        - {state: degraded, matchers: [service=chekout]}"
    ) + 1
    assert (
        f"opos.yaml:{line}: status.components.checkout.when.1: expected matchers that an alert has met so far; "
        in warning
    )
    assert 'found no alert with service="chekout"; no alert has the label service; labels: ' in warning


def test_a_head_request_has_the_headers_and_no_body(here: Bundle) -> None:
    for path in ("/status", "/status.atom", "/status.json", "/status.svg?component=checkout"):
        head, whole = here.request("HEAD", path), here.request("GET", path)
        assert (head.status, head.text) == (200, "")
        assert head.headers["etag"] == whole.headers["etag"]
        again = here.request("GET", path, headers={"if-none-match": whole.headers["etag"]})
        assert (again.status, again.text) == (304, "")


@pytest.mark.slow
@needs.browser
def test_a_browser_shows_the_page_with_its_style_on_a_phone(here: Bundle) -> None:
    from playwright.sync_api import sync_playwright

    here.trouble("disk")
    here.settle()
    done(here, "statuspage", "open", "Search is slow", "--component", "search", "--impact", "degraded")
    page(here)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        tab, complaints = browser.new_page(viewport={"width": 320, "height": 640}), list[str]()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(f"{here.url}/status")
        assert tab.get_by_text("Down: Checkout. Degraded: Search.").is_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 246, 244)"
        assert [text for text in complaints if "favicon" not in text] == []
        assert tab.get_by_role("heading", level=1).count() == tab.get_by_role("main").count() == 1
        browser.close()
