"""The page of the open alerts: it never says that nothing needs you while something does."""

from urllib.parse import unquote

import pytest

from functions.console import alerts
from tests.support.fakes import FakeContext
from tests.support.findable import REWRITTEN
from tests.unit.functions.console.test_frame import Browser, put_alert

SILENCED = {"by": "silence", "reason": "known", "since": "2026-11-20T09:00:00Z"}


@pytest.fixture
def browser(context: FakeContext) -> Browser:
    context.store.commit([REWRITTEN])
    return Browser(context)


def shown(browser: Browser, **query: str) -> str:
    page = browser.get("/console/alerts", **query)
    assert page.status == 200
    return page.body.decode()


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "0/0"}, {"severity": "info"}, {"q": "nothing"}])
def test_only_without_open_alerts_it_says_that_nothing_needs_you(browser: Browser, query: dict[str, str]) -> None:
    put_alert(browser.context, "a1")
    page = shown(browser, **query)
    assert "Nothing needs you" not in page
    expected = "No alerts on this page" if "after" in query else "0 open alerts match"
    assert expected in page


def test_an_empty_page_leads_back_to_the_first_with_the_same_filters(browser: Browser) -> None:
    put_alert(browser.context, "a1")
    page = shown(browser, after="x", severity="critical", label="a=b&c")
    assert 'href="/console/alerts?severity=critical&amp;label=a%3Db%26c">First page' in page


def test_filters_count_what_matches_and_say_nothing_about_the_rest(browser: Browser) -> None:
    for name, state in (("a1", "firing"), ("a2", "acknowledged"), ("a3", "snoozed")):
        put_alert(browser.context, name, state=state)
    assert "1 open alert matches" in shown(browser, state="snoozed")
    assert "3 open alerts match" in shown(browser, severity="critical")
    assert "1 thing needs you now. 1 acknowledged, 1 snoozed." in shown(browser)


def test_today_and_alerts_say_the_same_of_silenced_critical_alerts(browser: Browser) -> None:
    for number in range(3):
        put_alert(browser.context, f"s{number}", held=SILENCED)
    for path in ("/", "/console/alerts"):
        page = browser.get(path).body.decode()
        assert ("Nothing needs you" in page, "3 things can wait." in page) == (True, True)
    put_alert(browser.context, "a1")
    for path in ("/", "/console/alerts"):
        page = browser.get(path).body.decode()
        assert ("1 thing needs you now" in page, "3 others can wait." in page) == (True, True)


def test_every_page_of_many_is_reached_and_has_the_headline_of_all(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "SHOWN", 2)
    for number in range(5):
        put_alert(browser.context, f"a{number}", held=SILENCED if number % 2 else None)
    after, titles = "", list[str]()
    while True:
        page = shown(browser, **({"after": after} if after else {}))
        assert "3 things need you now. 2 others can wait." in page
        titles += [f"a{number}" for number in range(5) if f"Trouble a{number}" in page]
        if "after=" not in page:
            break
        after = unquote(page.partition("after=")[2].partition('"')[0])
    assert sorted(titles) == ["a0", "a1", "a2", "a3", "a4"]
    assert set(titles[:3]) == {"a0", "a2", "a4"}
