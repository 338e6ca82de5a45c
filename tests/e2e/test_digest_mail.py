"""The digest as its reader meets it: a real mail from a real SMTP server, in a real browser, by day and by night."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from shared.services.outbox.message import key_of
from tests.e2e.test_console_browser import DESK, PHONE, browser, headline, opened, sign_in, told
from tests.support import requirements as needs
from tests.support.bundle import Bundle
from tests.torture.mailbox import Mailbox, by_id, mailbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]
BY_MAIL = """
channels: {desk: {console: true}, inbox: {console: true}, mail: {email: SMTP_URL, to: me@example.com}}
digest: {channel: mail, window: 5m}
review: {channel: mail}
"""
LONG = "x" * 180


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox(delay=0) as box:
        yield box


def by_mail(bundle: Bundle, box: Mailbox) -> None:
    bundle.runtime.settings.environment["SMTP_URL"] = box.url  # type: ignore[index]
    bundle.configure(BY_MAIL)


def a_busy_morning(bundle: Bundle) -> None:
    for name in (
        "Disk of db-1 is 91 % full",
        "Certificate of shop.example ends in 6 days",
        LONG,
        "<script>alert(1)</script>",
    ):
        bundle.trouble(name, severity="warning")
    bundle.trouble("CI failed", severity="warning")
    bundle.trouble("CI failed", severity="warning", status="resolved")
    charge = {"id": "ch_1", "amount": 4900, "currency": "eur", "billing_details": {"email": "ada@example.com"}}
    bundle.send("stripe", {"id": "evt_1", "type": "charge.succeeded", "created": 1, "data": {"object": charge}})
    bundle.send("stripe", b"{not json", delivery="evt_2")
    bundle.settle()
    bundle.tick(minutes=5)


def only_mail(box: Mailbox) -> EmailMessage:
    (raw,) = box.raw
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_a_digest_is_one_mail_whose_links_act(bundle: Bundle, box: Mailbox) -> None:
    by_mail(bundle, box)
    a_busy_morning(bundle)
    mail = only_mail(box)
    (digest,) = bundle.docs("digests")
    assert mail["Message-ID"] == f"<{key_of(digest)}@example.com>"
    assert mail["Subject"].endswith(" and 6 more")
    plain = mail.get_body(("plain",))
    assert plain is not None
    acks = [line.split()[-1] for line in plain.get_content().splitlines() if "Acknowledge: " in line]
    assert len(acks) == 5
    assert bundle.request("POST", urlsplit(acks[0]).path).status == 200
    assert [doc.data["state"] for doc in bundle.docs("alerts")].count("acknowledged") == 1


def test_a_mail_server_that_was_away_gets_the_same_mail_when_it_is_back(bundle: Bundle) -> None:
    with mailbox(delay=0) as box:
        by_mail(bundle, box)
    bundle.trouble("disk", severity="warning")
    bundle.settle()
    bundle.tick(minutes=5)
    (waiting,) = bundle.docs("digests")
    assert (waiting.data["state"], waiting.data["last_fault"]) == (
        "pending",
        "not delivered: unreachable: ConnectionRefusedError",
    )
    with mailbox(delay=0) as box:
        by_mail(bundle, box)
        bundle.runtime.channels.pop("mail")
        bundle.tick(minutes=1)
        assert list(by_id(box.raw)) == [key_of(waiting)]


def test_the_review_is_a_mail_of_its_own(bundle: Bundle, box: Mailbox) -> None:
    by_mail(bundle, box)
    bundle.trouble("disk")
    bundle.settle()
    bundle.tick(days=2, hours=22)
    mail = only_mail(box)
    assert mail["Subject"] == "Weekly review: 1 interruption, 1 more than the week before"
    assert mail["List-Unsubscribe"] is None
    assert "Cost of interruptions by hour" in html(mail)


def shown(page: "Page", content: str) -> list[str]:
    """Open *content* as a mail client would; what the browser complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.set_content(content)
    return complaints


@needs.browser
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_mail_and_the_review_fit_their_screen_by_day_and_by_night(
    embedded: Bundle, box: Mailbox, browser: "Browser", viewport: dict[str, int], colours: str
) -> None:
    by_mail(embedded, box)
    a_busy_morning(embedded)
    embedded.trouble(LONG + "critical")
    embedded.tick(days=2, hours=22)
    page = opened(browser, viewport=viewport, color_scheme=colours)
    for raw in box.raw:
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert shown(page, html(mail)) == []
        fits(page, viewport, MAIL[colours])
    assert len(box.raw) == 2
    sign_in(page, embedded)
    page.goto(f"{embedded.url}/review")
    fits(page, viewport, CONSOLE[colours])
    assert page.locator("svg rect").count() >= 24


MAIL = {"light": "rgb(244, 245, 247)", "dark": "rgb(14, 16, 19)"}
CONSOLE = {"light": "rgb(246, 246, 244)", "dark": "rgb(15, 17, 19)"}
"""The background, which shows that the stylesheet was applied."""


def fits(page: "Page", viewport: dict[str, int], expected: str) -> None:
    assert page.evaluate("document.scrollingElement.scrollWidth") <= viewport["width"]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == expected
    for text, behind in page.evaluate(COLOURS):
        assert contrast(text, behind) >= 4.5, (text, behind)


COLOURS = """
[...document.querySelectorAll("h1, h2, p, a, bdi, span, code")].filter(element => element.textContent.trim()).map(element => {
  let behind = element;
  while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(element).color, behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)"];
})
"""


def contrast(text: str, behind: str) -> float:
    """Source: WCAG 2.2, "contrast ratio"; 4.5 is what level AA asks of text."""
    lighter, darker = sorted((luminance(text), luminance(behind)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@needs.browser
def test_a_tap_in_the_mail_and_a_press_on_its_page_act(embedded: Bundle, box: Mailbox, browser: "Browser") -> None:
    by_mail(embedded, box)
    embedded.trouble("disk", severity="warning")
    embedded.settle()
    embedded.tick(minutes=5)
    content = html(only_mail(box)).replace("http://127.0.0.1:8080", embedded.url)
    page = opened(browser, viewport=PHONE)

    def tap(words: str) -> None:
        page.set_content(content)
        page.get_by_role("link", name=words).click()
        page.wait_for_url(f"{embedded.url}/**")

    tap("Acknowledge")
    assert [doc.data["state"] for doc in embedded.docs("alerts")] == ["firing"]
    page.get_by_role("button", name="Acknowledge").click()
    told(page, "Acknowledged until ")
    assert [doc.data["state"] for doc in embedded.docs("alerts")] == ["acknowledged"]
    tap("Silence similar alerts")
    page.get_by_role("button", name="Silence for 1d").click()
    headline(page, "Silenced for 1d.")
    (silence,) = embedded.docs("silences")
    assert silence.data["ends_at"] == "2026-11-21T09:05:00.000000Z"
    tap("Digest only")
    assert "interrupt_from: never" in page.inner_text("pre")
    tap("Open in the console")
    headline(page, "Trouble disk")
    tap("Unsubscribe")
    assert embedded.docs("subscriptions") == []
    page.get_by_role("button", name="Stop the mail").click()
    headline(page, "The digest digest is no longer mailed.")
    assert [doc.data["stopped_at"] for doc in embedded.docs("subscriptions")] == ["2026-11-20T09:05:00.000000Z"]
