"""The frame of the console's pages over fakes: what a refresh costs, and which forms are taken."""

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest

from functions.console.assets import address
from functions.console.handler import ROUTES, handle
from functions.console.navigation import ENTRIES
from functions.console.today import BUCKET
from shared.events import document_id, iso
from shared.flags import Definition, FlagSet
from shared.ports import Create, Set
from shared.ports.terms import alert_index
from shared.services.asks.asks import open_ask
from shared.values.http import HttpRequest, HttpResponse
from tests.support.alerts import fired
from tests.support.asks import question
from tests.support.console import signed_in
from tests.support.fakes import FakeContext
from tests.support.findable import REWRITTEN
from tests.support.operation_counter import CountingStore

PAGES = [pattern for pattern, answers in ROUTES.items() if "GET" in answers and not re.search(r"[*.]|^app$", pattern)]
"""Without what a browser asks for before the operator has signed in."""


@pytest.fixture
def context() -> FakeContext:
    context = FakeContext()
    definition = Definition("ENABLED", {"on": True, "off": False}, "on", None, {})
    context.flags = FlagSet({"checkout": definition})
    return context


class Browser:
    """The operator's browser."""

    def __init__(self, context: FakeContext) -> None:
        self.context, self.cookie = context, signed_in(context)

    def get(self, path: str = "/", etag: str = "", **query: str) -> HttpResponse:
        headers = {"cookie": self.cookie, **({"if-none-match": etag} if etag else {})}
        return handle(HttpRequest("GET", path, headers, query), self.context)  # type: ignore[arg-type]

    def post(self, path: str, **fields: str) -> HttpResponse:
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        return handle(HttpRequest("POST", path, {"cookie": self.cookie}, {}, body), self.context)  # type: ignore[arg-type]

    def csrf(self, path: str, **query: str) -> str:
        token = re.search(r'name="csrf" value="([^"]+)"', self.get(path, **query).body.decode())
        assert token is not None
        return token[1]

    def reads(self, path: str, etag: str = "") -> int:
        """The reads that Firestore would bill for the page."""
        real = self.context.store
        counting: Any = CountingStore(real)
        self.context.store = counting
        try:
            self.get(path, etag)
        finally:
            self.context.store = real
        return int(counting.billed["reads"])


def put_alert(context: FakeContext, id: str, **changes: Any) -> None:
    began = iso(context.now - timedelta(minutes=3))
    alert = {**fired(id), "first_seen": began, "last_seen": began, **changes}
    context.store.commit([Set(f"alerts/{id}", {**alert, **alert_index(alert)})])


@pytest.mark.parametrize("path", PAGES)
def test_every_page_without_a_name_in_its_address_asks_a_stranger_to_sign_in(context: FakeContext, path: str) -> None:
    answer = handle(HttpRequest("GET", f"/{path}"), context)  # type: ignore[arg-type]
    assert (answer.status, "Sign in to continue" in answer.body.decode()) == (401, True)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_of_the_navigation_leads_to_a_page_that_says_where_you_are(
    context: FakeContext, entry: Any
) -> None:
    if entry.path.strip("/") not in ROUTES:
        pytest.fail(f"no page at {entry.path}")
    page = Browser(context).get(entry.path)
    assert page.status == 200
    assert f'<a href="{entry.path}" data-key="{entry.key}" aria-current="page">' in page.body.decode()


@pytest.mark.parametrize("path", [entry.path for entry in ENTRIES])
def test_a_page_that_has_not_changed_is_not_sent_again_however_old_its_ages_are(
    context: FakeContext, path: str
) -> None:
    context.clock.moment = context.clock.moment.replace(minute=0)
    put_alert(context, "a1")
    browser = Browser(context)
    etag = browser.get(path).headers["etag"]
    context.clock.advance(minutes=4)
    again = browser.get(path, etag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)


def test_a_new_alert_an_acknowledgement_and_a_message_change_today_at_once(context: FakeContext) -> None:
    browser = Browser(context)
    changes = [
        lambda: put_alert(context, "a1"),
        lambda: put_alert(context, "a1", held={"by": "inhibition", "reason": "db is down", "since": ""}),
        lambda: put_alert(context, "a1", state="acknowledged"),
        lambda: context.store.commit([REWRITTEN]),
        lambda: context.store.commit([Create("outbox/m1", {"created_at": iso(context.now), "state": "pending"})]),
        lambda: context.store.commit([Set("outbox/m1", {"created_at": iso(context.now), "state": "sent"})]),
        lambda: context.store.commit([Create("events/e1", {"quarantine": "no id", "received_at": iso(context.now)})]),
        lambda: context.store.commit([Create("dead_letters/d1", {"received_at": iso(context.now)})]),
        lambda: context.store.commit([Create("outbox/m2", {"made_at": iso(context.now), "state": "parked"})]),
        lambda: open_ask(*question(context), context),
    ]
    etag = browser.get().headers["etag"]
    for change in changes:
        change()
        answer = browser.get(etag=etag)
        assert answer.status == 200
        etag = answer.headers["etag"]


def test_what_the_stamp_does_not_know_shows_within_five_minutes(context: FakeContext) -> None:
    put_alert(context, "a1", count=1)
    browser = Browser(context)
    etag = browser.get().headers["etag"]
    put_alert(context, "a1", count=7)
    context.clock.advance(seconds=BUCKET)
    answer = browser.get(etag=etag)
    assert (answer.status, "7 times" in answer.body.decode()) == (200, True)


def test_a_refresh_of_today_and_of_alerts_reads_nineteen_documents_whatever_is_open(context: FakeContext) -> None:
    for number in range(300):
        put_alert(context, f"a{number}")
    browser = Browser(context)
    for path in ("/", "/console/alerts"):
        etag = browser.get(path).headers["etag"]
        assert browser.reads(path, etag) == 19


def test_a_form_of_another_session_or_without_a_token_changes_nothing(context: FakeContext) -> None:
    browser, other = Browser(context), Browser(context)
    token = other.csrf("/console/settings")
    for fields in ({}, {"csrf": "forged"}, {"csrf": token}, {"csrf": browser.cookie.rpartition("=")[2]}):
        answer = browser.post("/console/settings/focus", **{"for": "1h", **fields})
        assert (answer.status, "Nothing was changed" in answer.body.decode()) == (403, True)
    assert list(context.store.query("focus")) == []
    token = browser.csrf("/console/settings")
    assert browser.post("/console/settings/focus", **{"for": "1h", "csrf": token}).status == 303


def test_a_token_of_a_form_serves_for_a_day(context: FakeContext) -> None:
    browser = Browser(context)
    token = browser.csrf("/console/settings")
    context.clock.advance(hours=23)
    assert browser.post("/console/settings/focus", **{"for": "1h", "csrf": token}).status == 303
    context.clock.advance(days=2)
    assert browser.post("/console/settings/focus", **{"for": "1h", "csrf": token}).status == 403


def test_the_frame_asks_for_no_file_that_is_not_there(context: FakeContext) -> None:
    text = Browser(context).get().body.decode()
    files = re.findall(r'(?:href|src)="(/assets/[^"]+)"', text)
    assert {path.rpartition(".")[2] for path in files} == {"css", "js"}
    for path in files:
        answer = handle(HttpRequest("GET", path), context)  # type: ignore[arg-type]
        assert (answer.status, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert handle(HttpRequest("GET", "/assets/console.css"), context).status == 404  # type: ignore[arg-type]
    assert handle(HttpRequest("GET", "/assets/..%2fhandler.py"), context).status == 404  # type: ignore[arg-type]


# Settings


def test_a_test_of_a_channel_is_a_message_that_the_next_sweep_sends_and_no_interruption(context: FakeContext) -> None:
    browser = Browser(context)
    config = context.config.model_dump(by_alias=True, exclude_unset=True)
    config["channels"]["phone"] = {"ntfy": "NTFY"}
    context.config = type(context.config).model_validate(config)
    answer = browser.post("/console/settings/channel/phone/test", csrf=browser.csrf("/console/settings"))
    (doc,) = context.store.query("outbox")
    assert (answer.status, answer.headers["location"]) == (303, f"/console/message/{doc.id}")
    assert (doc.data["channel"], doc.data["state"], doc.data["due_at"]) == ("phone", "pending", iso(context.now))
    assert "created_at" not in doc.data
    unknown = browser.post("/console/settings/channel/nobody/test", csrf=browser.csrf("/console/settings"))
    assert unknown.status == 404


def test_a_focus_block_begins_and_ends_from_the_settings(context: FakeContext) -> None:
    browser = Browser(context)
    context.config = context.config.model_copy(update={"timezone": "Asia/Tokyo"})
    token = browser.csrf("/console/settings")
    browser.post("/console/settings/focus", **{"for": "tomorrow", "csrf": token})
    (block,) = context.store.query("focus")
    assert block.data["ends_at"] == "2026-11-20T22:00:00.000000Z"
    assert browser.post("/console/settings/focus", **{"for": "1h", "csrf": token}).status == 409
    assert "Only critical alerts interrupt." in browser.get("/console/settings").body.decode()
    context.store.commit([Create("focus/unseen", {**block.data, "name": "not shown"})])
    browser.post("/console/settings/focus/end", csrf=token, block=block.id)
    assert "<b>not shown</b> until" in browser.get("/console/settings").body.decode()
    browser.post("/console/settings/focus/end", csrf=token, block="unseen")
    assert "Focus for 1h" in browser.get("/console/settings").body.decode()
    assert browser.post("/console/settings/focus", **{"for": "9y", "csrf": token}).status == 400


def test_a_session_is_ended_from_another(context: FakeContext) -> None:
    browser, other = Browser(context), Browser(context)
    id = other.cookie.partition("=")[2].partition(".")[0]
    answer = browser.post(f"/console/settings/session/{id}/end", csrf=browser.csrf("/console/settings"))
    assert (answer.status, other.get().status, browser.get().status) == (303, 401, 200)


def test_an_unused_heartbeat_says_how_to_ping_it_and_one_that_failed_links_its_alert(context: FakeContext) -> None:
    config = context.config.model_dump(by_alias=True, exclude_unset=True)
    context.config = type(context.config).model_validate({**config, "heartbeats": {"backup": {"every": "1h"}}})
    page = Browser(context).get("/console/settings").body.decode()
    assert "opos heartbeat url backup" in page
    assert page.count("f-none") == 30
    alert = document_id("opos", "heartbeat:backup:failed")
    put_alert(context, alert)
    page = Browser(context).get("/heartbeat/backup").body.decode()
    assert f'href="/console/alert/{alert}"' in page
    assert "Every 1 h, grace" in page


def test_a_search_says_which_word_is_no_filter(context: FakeContext) -> None:
    assert "foo: is no filter." in Browser(context).get("/console/search", q="foo:bar").body.decode()


# Flags


def test_a_flag_is_switched_off_with_a_reason_and_released(context: FakeContext) -> None:
    browser = Browser(context)
    token = browser.csrf("/console/flags", override="checkout")
    fields = {"csrf": token, "variant": "off", "flag": "checkout", "for": "1h", "version": ""}
    assert browser.post("/console/flags/override", **fields).status == 400
    answer = browser.post("/console/flags/override", why="it+charges+twice", **fields)
    assert (answer.status, answer.headers["location"]) == (303, "/console/flags?done=overridden")
    page = browser.get("/console/flags", done="overridden").body.decode()
    for words in ("overridden: off", "it charges twice", "me@example.com", "The override is in force."):
        assert words in page
    doc = context.store.get("overrides/checkout")
    assert doc is not None
    assert browser.post("/console/flags/release", flag="checkout", csrf=token, version=doc.version).status == 303
    assert "overridden: off" not in browser.get("/console/flags").body.decode()


def test_the_flags_page_has_one_form_for_the_flag_that_is_overridden_and_tags_what_is_stale(
    context: FakeContext,
) -> None:
    definitions = {
        f"flag{number}": Definition("ENABLED", {"on": True}, "on", None, {"expires": "2026-01-01"})
        for number in range(60)
    }
    context.flags = FlagSet(definitions)
    browser = Browser(context)
    page = browser.get("/console/flags").body.decode()
    assert ('<form class="form"' in page, len(page) < 60_000, page.count(">stale<")) == (False, True, 60)
    assert 'href="/console/flags?override=flag7#flag-flag7"' in page
    opened = browser.get("/console/flags", override="flag7").body.decode()
    assert opened.count('action="/console/flags/override"') == 1
    assert 'name="flag" value="flag7"' in opened


def test_a_form_of_a_flag_that_changed_meanwhile_changes_nothing(context: FakeContext) -> None:
    browser = Browser(context)
    token = browser.csrf("/console/flags", override="checkout")
    fields = {"csrf": token, "variant": "off", "for": "1h", "flag": "checkout", "why": "mine", "version": ""}
    browser.post("/console/flags/override", **fields)
    answer = browser.post("/console/flags/override", **{**fields, "variant": "on"})
    assert (answer.status, "This changed while you were reading" in answer.body.decode()) == (409, True)
    assert browser.post("/console/flags/release", flag="checkout", csrf=token, version="stale").status == 409
    doc = context.store.get("overrides/checkout")
    assert doc is not None
    assert doc.data["variant"] == "off"


def test_the_flags_page_says_why_a_user_gets_a_value(context: FakeContext) -> None:
    page = Browser(context).get("/console/flags", flag="checkout", user="u1").body.decode()
    assert "no rule: the default applies, on" in page
    assert '<b class="mono">checkout</b> is <b>on</b> for <bdi>u1</bdi>.' in page
    assert "=&gt;" not in page
    assert "There is no flag" in Browser(context).get("/console/flags", flag="<b>").body.decode()


# Health


def test_the_health_page_says_what_is_wrong_and_when_it_may_be_old(context: FakeContext) -> None:
    browser = Browser(context)
    assert "opos does not sweep" in browser.get("/console/health").body.decode()
    broken = {"disk-full": {"since": iso(context.now), "told": True}}
    context.store.commit([Create("sweeps/last", {"at": iso(context.now), "broken": broken})])
    page = browser.get("/console/health").body.decode()
    assert "1 thing to look at" in page
    assert "docs/runbooks/disk-full.md" in page
    assert "Notification delivered" in page
    context.clock.advance(minutes=4)
    assert "opos does not sweep" in browser.get("/console/health").body.decode()


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True), ("br;q=1, GZIP;q=0.5", True), ("*", True), ("gzip ; q=0.001", True), ("", False), ("br", False),
        ("gzip;q=0", False), ("gzip; q=0.000, *", False), ("*;q=0", False), ("notgzip", False), ("identity;q=1,*;q=0", False),
    ],
)  # fmt: skip
def test_only_a_browser_that_reads_gzip_gets_it(context: FakeContext, accepted: str, is_compressed: bool) -> None:  # noqa: FBT001
    request = HttpRequest("GET", address("console.css"), {"accept-encoding": accepted})
    assert ("content-encoding" in handle(request, context).headers) == is_compressed  # type: ignore[arg-type]


def test_a_failing_check_links_its_alert_its_channels_and_what_was_not_delivered(context: FakeContext) -> None:
    alert = document_id("opos", "health:pages-refused")
    put_alert(context, alert)
    broken = {name: {"since": iso(context.now), "told": True} for name in ("pages-refused", "error-budget-burning")}
    sweep = Create("sweeps/last", {"at": iso(context.now), "broken": broken})
    context.store.commit([sweep, Create("outbox/00m1", {"state": "failed"}), Create("outbox/00m2", {"state": "sent"})])
    page = Browser(context).get("/console/health").body.decode()
    for path in (f"/console/alert/{alert}", "/console/settings#channels", "/console/message/00m1"):
        assert f'href="{path}"' in page
    assert "/console/message/00m2" not in page
    assert "(<code>slos:</code> in opos.yaml)" in page


def test_an_alert_names_three_of_those_that_only_fired_at_the_same_time(context: FakeContext) -> None:
    for number in range(6):
        put_alert(context, f"a{number}", labels={"alertname": f"Rule{number}"})
    page = Browser(context).get("/console/alert/a0").body.decode()
    assert page.count("fired; at the same time") == 3
    assert "2 more fired at the same time." in page
    assert 'href="/console/events?source=' in page


def test_the_stylesheet_is_compressed_for_a_browser_that_asks_for_it(context: FakeContext) -> None:
    path = address("console.css")
    plain = handle(HttpRequest("GET", path), context)  # type: ignore[arg-type]
    small = handle(HttpRequest("GET", path, {"accept-encoding": "br, gzip"}), context)  # type: ignore[arg-type]
    assert (small.headers["content-encoding"], small.headers["vary"]) == ("gzip", "accept-encoding")
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body) / 3
