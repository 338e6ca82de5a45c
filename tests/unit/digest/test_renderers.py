"""How a digest looks: plain, in Markdown, in Slack's own, and as HTML."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.digest.content import Content, Line
from shared.digest.renderers.html import as_html
from shared.digest.renderers.markdown import as_markdown
from shared.digest.renderers.text import Links, as_text
from shared.ports import Doc, Form, Notice
from shared.services.digest.notice import digest_notice, item_links
from shared.values.markup import MARKDOWN, SIMPLE_HTML, SLACK
from shared.values.text import one_line
from tests.support.digests import a_mixed_day, alert, context_of, say, send
from tests.support.fakes import FakeContext
from tests.support.hostile import HOSTILE as HOSTILE_TITLE
from tests.support.hostile import LEGITIMATE, controls

HOSTILE = [
    "a\r\nBcc: all@example.com", "a\u2028b", "\x1b[2Ja", "a\x00b", "\u202eevil", "<script>alert(1)</script>",
    "[x](javascript:alert(1))", "<https://evil.example|click>", "@everyone", "<!channel>", "&lt;", "`*_~#", "\ud800",
    '"><img src=x onerror=alert(1)>',
]  # fmt: skip


def mixed() -> tuple[Content, Links]:
    context = context_of()
    a_mixed_day(context)
    content: Content = send(context).data["content"]
    return content, item_links(content, context)


def titled(title: str) -> tuple[Content, Links]:
    line: Line = {
        "id": "a", "title": one_line(title), "severity": "warning", "state": "firing", "source": "app", "count": 2,
        "since": "2026-11-20T09:00:00Z", "summary": one_line(title), "link": "https://x.example/(a)", "runbook": "",
        "money": "", "reason": "", "about": "", "rank": 1, "why": [], "act": None,
    }  # fmt: skip
    content: Content = {
        "subject": one_line(title), "count": 1, "at": "2026-11-20T10:00:00Z", "zone": "Europe/Berlin", "queue": "digest",
        "blocks": [{"kind": "attention", "lines": [line], "notes": [], "rest": None}],
    }  # fmt: skip
    return content, {"a": {"ack": "https://opos.example/ack/t"}}


class Reader(HTMLParser):
    """What a browser would see: text, links, and the names of elements."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_one_harmless_line(title: str) -> None:
    assert one_line(title).isprintable()
    assert len(one_line(title).splitlines()) <= 1


@pytest.mark.parametrize("title", HOSTILE)
def test_html_holds_nothing_that_a_title_brought_along(title: str) -> None:
    content, links = titled(title)
    reader = read(as_html(content, links))
    assert reader.names <= {
        "html", "head", "meta", "title", "style", "body", "div", "p", "h1", "h2", "span", "a", "bdi",
    }  # fmt: skip
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert {urlsplit(url or "").scheme for name, url in reader.attributes if name == "href"} <= {"https"}
    assert one_line(title) in ["", *reader.words]


@given(st.text(max_size=300))
def test_html_shows_any_title_as_it_is(title: str) -> None:
    content, links = titled(title)
    assert one_line(title) in ["", *read(as_html(content, links)).words]


@pytest.mark.parametrize("title", HOSTILE)
def test_markdown_formats_nothing_that_a_title_brought_along(title: str) -> None:
    content, links = titled(title)
    text = as_markdown(content, links, MARKDOWN, Form(), more="")
    escaped = re.sub(r"\\.", "", text.splitlines()[1])
    assert re.sub(r"[^\[\]()<>`~_#]", "", escaped) == "[]()"
    assert "@everyone" not in text


@pytest.mark.parametrize("title", HOSTILE)
def test_slack_links_and_rings_only_what_is_ours(title: str) -> None:
    content, links = titled(title)
    text = as_markdown(content, links, SLACK, Form(), more="")
    assert re.findall(r"<([^|>]*)\|", text) == ["https://x.example/%28a%29", "https://opos.example/ack/t"]
    assert not re.search(r"<!|@\w", text)


@pytest.mark.parametrize("title", [HOSTILE_TITLE, *LEGITIMATE])
def test_a_stored_digest_is_shown_without_what_controls_its_reader_and_with_what_scripts_need(title: str) -> None:
    """Also a digest of an earlier release, which stored texts as they were sent."""
    content, links = titled("")
    content["blocks"][0]["lines"][0] |= {"title": title, "summary": title, "source": title}
    for text in rendered(content, links):
        assert controls(text, except_for="\n") == []
        assert not re.search(r"^ *FORGED", text, re.MULTILINE)
        assert title is HOSTILE_TITLE or title.partition("(")[0] in text


@pytest.mark.parametrize("poison", [None, [], {"a": 1}, 7, "yesterday", "\ud800", "9999-12-31T23:59:59-01:00"])
@pytest.mark.parametrize("name", list(Line.__annotations__))
def test_no_item_keeps_the_others_from_being_shown(name: str, poison: Any) -> None:
    content, _ = titled("Disk full")
    (good,) = content["blocks"][0]["lines"]
    broken: Any = {**good, "title": "Poison", name: poison}
    content["blocks"][0]["lines"] = [broken, good]
    links = {**item_links(content, context_of()), "a": {"ack": "https://opos.example/ack/t"}}
    for text in rendered(content, links):
        assert "Disk full" in text
        assert "https://opos.example/ack/t" in text


def rendered(content: Content, links: Links) -> list[str]:
    dialects = [as_markdown(content, links, dialect, Form(), more="") for dialect in (MARKDOWN, SLACK)]
    return [as_text(content, links), as_html(content, links), *dialects]


def test_each_open_item_has_its_link_its_runbook_and_what_one_can_do() -> None:
    content, links = mixed()
    html = as_html(content, links)
    for words in ("Acknowledge", "Silence similar alerts", "Always notify", "Digest only"):
        assert html.count(f">{words}</a>") == 5
    assert 'href="https://runbooks.example/cert"' in html
    assert 'href="https://ops.example/disk"' in html


def test_plain_text_says_the_same_in_the_same_order() -> None:
    content, links = mixed()
    text = as_text(content, links)
    assert re.findall(r"^[A-Z ]{4,}$", text, re.MULTILINE) == [
        "NEEDS A LOOK", "BUSINESS", "RESOLVED BEFORE YOU WERE NOTIFIED", "STILL OPEN", "OPOS ITSELF",
    ]  # fmt: skip
    assert (
        "! Disk /var on db-1 is 91 % full (alertmanager, since Sat 11:20, 4 times)\n   It grows by 2 % a day." in text
    )
    assert "2 alerts fired and resolved: CI failed: acme/shop on main x2, Queue is long" in text
    assert "1 webhook in quarantine" in text


@pytest.mark.parametrize("limit", [200, 300])
@pytest.mark.parametrize("dialect", [MARKDOWN, SLACK, SIMPLE_HTML])
def test_a_chat_with_too_little_room_for_an_item_gets_titles_and_where_the_rest_is(dialect: Any, limit: int) -> None:
    content, links = mixed()
    text = as_markdown(content, links, dialect, Form(limit=limit), more="https://opos.example/digest/t")
    first = content["blocks"][0]["lines"][0]
    assert len(text) <= limit
    assert dialect.escape(first["title"]) in text
    assert dialect.escape(first["summary"]) not in text
    assert text.endswith(dialect.link("Open the full digest", "https://opos.example/digest/t"))


@pytest.mark.parametrize("limit", [900, 2000, 4000])
@pytest.mark.parametrize("dialect", [MARKDOWN, SLACK, SIMPLE_HTML])
def test_a_chat_gets_whole_items_up_to_its_limit_and_where_the_rest_is(dialect: Any, limit: int) -> None:
    content, links = mixed()
    whole = as_markdown(content, links, dialect, Form(), more="https://opos.example/digest/t")
    text = as_markdown(content, links, dialect, Form(limit=limit), more="https://opos.example/digest/t")
    assert len(text) <= limit < len(whole)
    cut = "https://opos.example/digest/t" in text
    few = as_markdown(content, {id: {"ack": all_["ack"]} for id, all_ in links.items()}, dialect, Form(), more="")
    paragraphs = text.split("\n\n")
    assert cut == (len(few) > limit)
    assert (paragraphs[:-1] if cut else paragraphs) == few.split("\n\n")[: len(paragraphs) - cut]


@pytest.mark.parametrize(
    ("form", "markup"), [(Form("markdown", 4000), "markdown"), (Form("slack", 3500), "slack"), (Form(), "plain")]
)
def test_a_digest_comes_in_the_form_that_its_channel_asks_for(form: Form, markup: str) -> None:
    context = context_of(form=form)
    a_mixed_day(context)
    notice = sent(context)
    assert (notice.markup, notice.mailing) == (markup, None)
    assert len(notice.text) <= form.limit


def sent(context: FakeContext) -> Notice:
    send(context)
    return context.channels["inbox"].sent[-1][1]


def test_a_mail_names_its_thread_of_the_day_its_list_and_how_to_stop_it() -> None:
    context = context_of()
    say(context, alert("Disk is full"))
    mailing = sent(context).mailing
    assert mailing is not None
    assert (mailing.thread, mailing.list) == ("digest.2026-11-20", "digest")
    assert mailing.unsubscribe.startswith("https://opos.example/unsubscribe/")
    assert mailing.at == context.now


def test_the_same_digest_again_is_the_same_to_the_letter() -> None:
    context = context_of()
    a_mixed_day(context)
    digest = send(context)
    first = digest_notice(digest, context)
    context.clock.advance(hours=9)
    kept = json.loads(json.dumps(digest.data, sort_keys=True))  # Firestore keeps keys in no order of ours
    assert digest_notice(Doc(digest.path, kept, digest.version), context) == first
