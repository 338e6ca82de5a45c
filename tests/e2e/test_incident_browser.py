"""An alert from its page on a phone, in a real Chromium without JavaScript: acknowledge, note, silence narrowly."""

import pytest

from tests.e2e.test_console_browser import PATIENCE, PHONE, browser, opened, sign_in
from tests.support import requirements as needs
from tests.support.bundle import Bundle

pytestmark = [needs.browser, pytest.mark.slow]
__all__ = ["browser"]


def test_a_person_acknowledges_notes_what_they_saw_and_silences_the_rest_of_the_rule(
    embedded: Bundle,
    browser: "browser",  # type: ignore[valid-type]
) -> None:
    from playwright.sync_api import expect

    for host in ("db-1", "db-2"):
        data = {"id": host, "title": f"Slow on {host}", "severity": "critical", "labels": {"host": host}}
        embedded.send("app", {"type": "slow", "data": {**data, "status": "firing"}}, delivery=host)
        embedded.settle()
    page = opened(browser, viewport=PHONE)
    sign_in(page, embedded)
    page.get_by_role("link", name="Slow on db-1").first.click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status").filter(has_text="Acknowledged.")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Note").fill("The pool is full.\n<b>Restarted</b>")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".steps")).to_contain_text("<b>Restarted</b>", timeout=PATIENCE)
    page.get_by_role("link", name="Silence similar alerts").click()
    expect(page.get_by_text("It would hold 1 open alert now.")).to_be_visible(timeout=PATIENCE)
    if (folded := page.get_by_text("more label")).count():
        folded.click()
    for name in ("incident", "host"):
        if page.get_by_label(name).count():
            page.get_by_label(name).uncheck()
    page.get_by_role("button", name="Count again").click()
    expect(page.get_by_text("It would hold 2 open alerts now.")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("4 hours").check()
    page.get_by_role("button", name="Silence", exact=True).click()  # the browser asks for the reason first
    assert embedded.docs("silences") == []
    page.get_by_label("Why").fill("New disks")
    page.get_by_role("button", name="Silence", exact=True).click()
    page.wait_for_url(f"{embedded.url}/console/alert/*?done=silence", timeout=PATIENCE)
    (silence,) = embedded.docs("silences")
    assert "incident" not in str(silence.data["matchers"])
    assert silence.data["comment"] == "New disks"
