"""One rule decides what is a web link, and every module that shows links uses it."""

import html
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from functions.console.rows import alert_row
from shared.config.files.located_yaml import Located
from shared.config.model import Config
from shared.config.types import Address
from shared.digest.content import Block, Content, Line, line
from shared.digest.renderers.html import as_html
from shared.digest.renderers.markdown import as_markdown
from shared.events import Alert, BusinessEvent
from shared.ports import Doc, Form
from shared.sources.payload import link
from shared.values.links import LONGEST_LINK, web_link
from shared.values.markup import MARKDOWN
from shared.values.templates import templates
from shared.verification import missing_runbooks
from tests.support.alerts import NOW, fired
from tests.support.fakes import FakeContext
from tests.support.project import ROOT

ACCEPTED = [
    "https://x.example", "http://x.example/a?b=c#d", "HTTPS://x.example", "Http://X.example/A", "https://x:8443/",
    "https://[2001:db8::1]:80/a", "https://bücher.example/ä", 'https://x.example/explore?left={"a":["b|c"]}',
    "https://x.example/a@b", "https://x.example?to=me@x.example", "https://127.0.0.1:8080/", "https://a_b.example/",
    "https://x.example/" + "a" * (LONGEST_LINK - 18),
]  # fmt: skip
REFUSED = [
    "", "x.example", "//x.example", "/ack/x", "https:", "https:x.example", "https:/x.example", "https://", "https:///x",
    "https://?a", "https://:80/", "javascript:alert(1)", "JaVaScRiPt:x", " javascript:alert(1)", "data:text/html,x",
    "ftp://x.example", "mailto:me@x.example", "https://x example/", " https://x.example", "https://x.example ",
    "https://x.example/a b", "https://x.example/\nhttps://evil.example", "https://x.example/\tb", "https://x\x00.example",
    "https://x.example/\u202egnp", "https://x.example/\u2028", "https://x.example/\u00a0", "https://x.example/\ud800",
    "https://good.example@evil.example/", "https://user:password@x.example", "https://@x.example",
    "https://good.example:80@evil.example", "https://good.example\\@evil.example", "https:\\\\x.example",
    "https://x.example\\a", "https://x.example:port/", "https://x.example:123456/", "https://[x.example/",
    "https://x.example\uff0fa", 'https://"><script>/', "https://x.example/" + "a" * LONGEST_LINK,
]  # fmt: skip


def contract_link(text: str) -> bool:
    return Alert(fingerprint="x", title="x", severity="info", link=text).link == text != ""


def contract_runbook(text: str) -> bool:
    return Alert(fingerprint="x", title="x", severity="info", runbook=text).runbook == text != ""


def business_link(text: str) -> bool:
    return BusinessEvent(title="x", link=text).link == text != ""


def payload_link(text: str) -> bool:
    return link({"url": text}, "url") == text != ""


def digest_line(text: str) -> Line:
    return line({**fired(), "link": text}, now=NOW, zone="UTC", runbook=lambda _: text)


def digest_link(text: str) -> bool:
    return digest_line(text)["link"] == text != ""


def digest_runbook(text: str) -> bool:
    shown: Line = {**digest_line(""), "runbook": text}
    block: Block = {"kind": "attention", "lines": [shown], "notes": [], "rest": None}
    content: Content = {
        "subject": "", "count": 1, "at": NOW.isoformat(), "zone": "UTC", "queue": "digest", "blocks": [block]
    }  # fmt: skip
    markdown = as_markdown(content, {}, MARKDOWN, Form(), more="")
    in_html = "Runbook</a>" in as_html(content, {})
    assert ("[Runbook](" in markdown) == in_html
    return in_html


def console_link(text: str) -> bool:
    row = alert_row(Doc("alerts/a", {**fired(), "link": text}, "1"), FakeContext())
    return bool(row["link"] == text != "")


def console_address(text: str) -> bool:
    macro = templates(ROOT / "functions/console/templates").get_template("ui.html").module.address
    return "<a " in str(macro(text))


def configured_address(text: str) -> bool:
    try:
        return bool(TypeAdapter(Address).validate_python(text))
    except ValidationError:
        return False


def configured_runbook(text: str) -> bool:
    """An address is not looked for as a file."""
    config = Config.model_construct(runbooks={"x": text})
    return not list(missing_runbooks(config, Located("opos.yaml", {}, {}), Path("/nowhere")))


READERS = [
    contract_link, contract_runbook, business_link, payload_link, digest_link, console_link, configured_address,
    configured_runbook, digest_runbook, console_address,
]  # fmt: skip


@pytest.mark.parametrize("accepts", READERS)
@pytest.mark.parametrize(("text", "is_link"), [*((a, True) for a in ACCEPTED), *((r, False) for r in REFUSED)])
def test_everybody_who_shows_a_link_accepts_the_same_texts(
    accepts: Callable[[str], bool], text: str, *, is_link: bool
) -> None:
    assert (web_link(text) == text != "") == is_link
    assert accepts(text) == is_link


class Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


LIKELY = st.one_of(st.text(max_size=12), st.sampled_from(["@", ":", "/", "\\", "x.example", "[::1]", "8080", '"', " "]))


@given(
    st.sampled_from(["https://", "HTTP://", "https:/", "javascript:", "", " https://"]),
    st.lists(LIKELY, max_size=6).map("".join),
)
def test_an_accepted_link_is_safe_in_an_href(start: str, rest: str) -> None:
    link = web_link(start + rest)
    if not link:
        return
    parser = Anchors()
    parser.feed(f'<a href="{html.escape(link)}">x</a>')
    assert parser.tags == [("a", {"href": link})]
    parts = urlsplit(link)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert parts.username is None
    assert parts.password is None
    assert link.isprintable()
    assert not any(character.isspace() for character in link)
    assert len(link) <= LONGEST_LINK


@pytest.mark.parametrize("value", [None, 7, True, ["https://x.example"], b"https://x.example"])
def test_only_text_is_a_link(value: Any) -> None:
    assert web_link(value) == ""
