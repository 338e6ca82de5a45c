"""What the links in a digest do: over fakes."""

import re
from html import unescape
from urllib.parse import urlsplit

import yaml

from functions.console.handler import handle as console
from shared.config.model import Config
from shared.ports import Mailing
from shared.values.http import HttpRequest, HttpResponse
from tests.support.digests import a_mixed_day, alert, context_of, say, send
from tests.support.fakes import CONFIG, FakeContext

MAIL = {"channels": {**CONFIG["channels"], "inbox": {"email": "SMTP_URL", "to": "me@example.com"}}}  # type: ignore[dict-item]


def mailed(context: FakeContext) -> Mailing:
    mailing = context.channels["inbox"].sent[-1][1].mailing
    assert mailing is not None
    return mailing


def link(context: FakeContext, words: str) -> str:
    """Where the first link of these *words* leads."""
    addresses = re.findall(rf'href="([^"]*)"[^>]*>{words}</a>', mailed(context).html)
    return urlsplit(unescape(addresses[0])).path


def ask(context: FakeContext, path: str, method: str = "GET", body: bytes = b"") -> HttpResponse:
    answer = console(HttpRequest(method, path, {}, body=body), context)
    assert answer.status == 200
    return answer


def words(answer: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", answer.body.decode(), flags=re.DOTALL)).split())


def one_item() -> FakeContext:
    context = context_of()
    say(context, alert("Disk is full"))
    send(context)
    return context


def test_acknowledging_takes_a_page_and_a_press_and_ends_its_being_left_over() -> None:
    context = one_item()
    path = link(context, "Acknowledge")
    ask(context, path)
    (doc,) = context.store.query("alerts")
    assert (doc.data["state"], doc.data["unresolved"]) == ("firing", "digest/2026-11-20T09:00:00.000000Z")
    assert "Acknowledged until" in words(ask(context, path, "POST"))
    (doc,) = context.store.query("alerts")
    assert (doc.data["state"], doc.data["unresolved"]) == ("acknowledged", None)
    assert "acted" in doc.data["episodes"][-1]


def test_silencing_for_a_day_is_one_press_that_asks_nothing() -> None:
    context = one_item()
    path = link(context, "Silence similar alerts")
    page = ask(context, path).body.decode()
    assert list(context.store.query("silences")) == []
    assert "required" not in page
    assert page.index('name="for" value="1d"') < page.index("<input")
    assert "Silenced for 1d." in words(ask(context, path, "POST", b"for=1d"))
    (silence,) = context.store.query("silences")
    assert silence.data["matchers"] == ['source="github"', 'alertname="Disk is full"']


def test_always_and_never_page_show_lines_that_do_what_they_say_when_they_are_written() -> None:
    for wish, pages in (("Always notify", 1), ("Digest only", 0)):
        context = one_item()
        page = ask(context, link(context, wish))
        lines = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page.body.decode(), re.DOTALL)
        route = {"channel": "desk", "routes": yaml.safe_load(unescape(lines[0]))}
        assert "under route.routes of opos.yaml" in words(page)
        context = context_of(route=route)
        assert Config.model_validate({**CONFIG, "route": route})
        say(context, alert("Disk is full", "critical" if wish == "Digest only" else "info"))
        assert len(context.channels["desk"].sent) == pages


def test_the_lines_name_hostile_labels_without_breaking_out_of_them() -> None:
    context = context_of()
    say(context, alert("Disk", rule="'\"}, channel: evil # "))
    send(context)
    page = ask(context, link(context, "Digest only")).body.decode()
    (lines,) = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    (route,) = yaml.safe_load(unescape(lines))
    assert set(route) == {"matchers", "interrupt_from"}


def test_the_whole_digest_is_read_on_the_console_as_it_was_mailed() -> None:
    context = context_of()
    a_mixed_day(context)
    send(context)
    answer = ask(context, link(context, "Open in the console"))
    assert "Payment of 490.00 EUR failed: ada@example.com and 10 more" in words(answer)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]


def test_one_click_stops_the_mails_and_what_they_would_say_is_kept() -> None:
    context = context_of(**MAIL)
    say(context, alert("Disk is full"))
    send(context)
    stop = urlsplit(mailed(context).unsubscribe).path
    ask(context, stop)
    assert list(context.store.query("subscriptions")) == []
    ask(context, stop, "POST", b"List-Unsubscribe=One-Click")
    say(context, alert("Search is slow"))
    digest = send(context)
    assert len(context.channels["inbox"].sent) == 1
    assert (digest.data["state"], len(digest.data["members"])) == ("sent", 1)
    assert digest.data["receipt"]["detail"] == "not sent: you unsubscribed from this digest"
    ask(context, f"{stop}/undo", "POST")
    say(context, alert("Queue is long"))
    send(context)
    assert len(context.channels["inbox"].sent) == 2


def test_a_link_of_one_kind_is_none_of_another() -> None:
    context = one_item()
    token = link(context, "Acknowledge").rpartition("/")[2]
    for kind in ("digest", "rule", "unsubscribe", "silence"):
        assert console(HttpRequest("GET", f"/{kind}/{token}", {}), context).status == 404
