"""The console over fakes: who may see it, what it shows, and that only a POST changes anything."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.console import today
from functions.console.handler import ROUTES, handle
from functions.console.responses import POLICY
from functions.console.rows import at
from functions.console.today import today_view
from shared.errors import Conflict
from shared.events import iso
from shared.ports import Create, Set, Update
from shared.ports.terms import alert_index
from shared.security.signed_links import Links
from shared.values.http import HttpRequest, HttpResponse
from tests.support.alerts import fired
from tests.support.console import link_path, signed_in
from tests.support.fakes import FakeContext

EVENT = "0123456789abcdef0123456789abcdef"


def ask(context: FakeContext, path: str = "/", method: str = "GET", *, cookie: str = "") -> HttpResponse:
    return handle(HttpRequest(method, path, {"cookie": cookie} if cookie else {}), context)


def console(context: FakeContext) -> str:
    answer = ask(context, cookie=signed_in(context))
    assert answer.status == 200
    return words(answer)


def words(answer: HttpResponse) -> str:
    return " ".join(answer.body.decode().split())


def ago(context: FakeContext, **passed: float) -> str:
    return iso(context.now - timedelta(**passed))


def put_alert(context: FakeContext, id: str = "a1", **changes: Any) -> str:
    """An alert in the store; the path of an acknowledgement link of its first episode."""
    alert = {
        **fired(id, title="Disk full"),
        "first_seen": ago(context, minutes=3), "last_seen": ago(context, minutes=3), "last_event": EVENT,
    }  # fmt: skip
    context.store.commit([Set(f"alerts/{id}", indexed({**alert, **changes}))])
    return ack_path(context, id)


def indexed(alert: dict[str, Any]) -> dict[str, Any]:
    """*alert* with its place among the open alerts, which the runtime adds to each alert that it stores."""
    return {**alert, **alert_index(alert)}


def ack_path(context: FakeContext, id: str = "a1", episode: int = 1) -> str:
    claims = {"alert": id, "episode": episode}
    return "/ack/" + context.links.token("ack", claims, expires=context.now + timedelta(days=1))


def put_message(context: FakeContext, path: str = "outbox/m1", **changes: Any) -> None:
    message = {
        "channel": "desk", "notice": {"title": "Disk full", "text": "", "severity": "critical", "link": ""},
        "ack": None, "state": "sent", "attempts": 1, "created_at": ago(context, minutes=3), "last_fault": None,
    }  # fmt: skip
    context.store.commit([Create(path, {**message, **changes})])


def alert(context: FakeContext, id: str = "a1") -> dict[str, Any]:
    return context.store.docs[f"alerts/{id}"].data


# Who may see it


@pytest.mark.parametrize(
    "cookie", ["", "opos_console=", "opos_console=forged.sig", "other=1", "opos_console", "=;;=", "ü=\xff"]
)
def test_without_a_valid_cookie_the_console_shows_only_how_to_open_it(context: FakeContext, cookie: str) -> None:
    put_alert(context)
    answer = ask(context, cookie=cookie)
    assert answer.status == 401
    assert "Run <code>opos console</code>, and open the link that it prints." in words(answer)
    assert "Disk full" not in words(answer)


def test_a_console_link_sets_a_cookie_and_shows_the_console(context: FakeContext) -> None:
    path = link_path(context)
    assert "Sign in" in words(ask(context, path))
    answer = ask(context, path, "POST")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert answer.headers["set-cookie"].startswith("__Host-opos_console=")
    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert attributes == ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax", "Secure"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert ask(context, cookie=answer.headers["set-cookie"].partition(";")[0]).status == 200


def test_the_cookie_is_not_bound_to_https_where_the_bundle_is_not(context: FakeContext) -> None:
    context.links = Links("a test's key", "http://127.0.0.1:8080")
    cookie = ask(context, link_path(context), "POST").headers["set-cookie"]
    assert (cookie.startswith("opos_console="), "Secure" in cookie) == (True, False)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_expired_or_used_console_link_says_how_to_get_a_new_one(context: FakeContext, method: str) -> None:
    expired, used = link_path(context), link_path(context)
    context.clock.advance(minutes=10)
    used = link_path(context)
    ask(context, used, "POST")
    for path, reason in ((expired, "This link has expired."), (used, "This link was already used.")):
        answer = ask(context, path, method)
        assert (answer.status, "set-cookie" in answer.headers) == (410, False)
        assert reason in words(answer)
        assert "Run <code>opos console</code> for a new link" in words(answer)


def test_a_look_at_a_console_link_does_not_use_it(context: FakeContext) -> None:
    path = link_path(context)
    for method in ("GET", "HEAD", "GET"):
        assert ask(context, path, method).status == 200
    assert context.store.commits == []
    assert ask(context, path, "POST").status == 303


@pytest.mark.parametrize("claims", [{}, {"alert": "a1", "episode": 1}])
def test_a_console_link_of_an_earlier_release_opens_nothing(context: FakeContext, claims: dict[str, Any]) -> None:
    token = context.links.token("console", claims, expires=context.now + timedelta(days=30))
    assert {ask(context, f"/console/{token}", method).status for method in ("GET", "POST")} == {404}
    for name in ("opos_console", "__Host-opos_console"):
        assert ask(context, cookie=f"{name}={token}").status == 401


def test_a_cookie_is_no_link_and_a_link_no_cookie(context: FakeContext) -> None:
    cookie = signed_in(context)
    value = cookie.partition("=")[2]
    assert {ask(context, f"/console/{text}", "POST").status for text in (value, value.partition(".")[0])} == {404}
    assert ask(context, cookie=f"__Host-opos_console={link_path(context).rpartition('/')[2]}").status == 401


def test_the_button_signs_out_this_session_alone(context: FakeContext) -> None:
    cookie, other = signed_in(context), signed_in(context)
    action = re.search(r'action="(/sign-out/[^"]+)"', ask(context, cookie=cookie).body.decode())
    assert action is not None
    answer = ask(context, action[1], "POST", cookie=cookie)
    assert (answer.status, "You are signed out." in words(answer)) == (200, True)
    assert answer.headers["set-cookie"].startswith("__Host-opos_console=; Path=/; Max-Age=0; ")
    assert [ask(context, cookie=text).status for text in (cookie, other)] == [401, 200]


def test_the_store_keeps_no_secret_of_a_session(context: FakeContext) -> None:
    secret = signed_in(context).rpartition(".")[2]
    (doc,) = context.store.query("sessions")
    assert secret not in str(doc)
    assert doc.data["browser"] == "Firefox on Linux"


def test_only_the_first_cookie_of_a_request_is_looked_up(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    real = context.store.get
    monkeypatch.setattr(context.store, "get", lambda path: reads.append(path) or real(path))  # type: ignore[func-returns-value]
    forged = f"__Host-opos_console={'0' * 32}.{'1' * 32}; " * 50
    assert ask(context, cookie=forged).status == 401
    assert reads == [f"sessions/{'0' * 32}"]


def test_an_acknowledgement_link_opens_no_console(context: FakeContext) -> None:
    token = put_alert(context).removeprefix("/ack/")
    assert ask(context, f"/console/{token}").status == 404
    assert ask(context, cookie=f"opos_console={token}").status == 401


# What it shows


def test_an_empty_console_reads_well(context: FakeContext) -> None:
    page = console(context)
    assert '<h1 class="calm">Nothing needs you</h1>' in page
    for sentence in ("No interruptions", "Nothing is waiting.", "You can close this page."):
        assert sentence in page


@pytest.mark.parametrize(
    ("alerts", "sentence"),
    [
        ([("critical", "firing")], "1 thing needs you now</h1> </div>"),
        (
            [("critical", "firing"), ("critical", "firing"), ("warning", "firing")],
            '2 things need you now</h1> <p class="soft">1 other can wait.</p>',
        ),
        ([("warning", "firing"), ("info", "firing")], 'Nothing needs you</h1> <p class="soft">2 things can wait.</p>'),
        ([("critical", "acknowledged")], 'Nothing needs you</h1> <p class="soft">1 acknowledged.</p>'),
        ([("critical", "acknowledged"), ("info", "snoozed")], '<p class="soft">1 acknowledged, 1 snoozed.</p>'),
        ([("critical", "resolved")], "Nothing needs you</h1> </div>"),
    ],
)
def test_the_headline_says_how_urgent_it_is(context: FakeContext, alerts: list[tuple[str, str]], sentence: str) -> None:
    for number, (severity, state) in enumerate(alerts):
        put_alert(context, f"a{number}", severity=severity, state=state)
    assert sentence in console(context)


def put_storm(context: FakeContext, count: int, *, critical: int) -> None:
    """So many warnings that fire, and the last of them by id critical."""
    writes = [
        Create(
            f"alerts/s{n:05}",
            indexed({**fired(f"s{n:05}"), "severity": "critical" if n >= count - critical else "warning"}),
        )
        for n in range(count)
    ]
    context.store.commit(writes)


def test_the_headline_counts_also_the_alerts_that_no_row_shows(context: FakeContext) -> None:
    put_storm(context, 725, critical=6)
    page = console(context)
    assert '<h1 class="critical">6 things need you now</h1> <p class="soft">719 others can wait.</p>' in page
    assert "675 more open alerts" in page


def test_the_headline_counts_also_the_critical_alerts_that_were_not_read(context: FakeContext) -> None:
    put_storm(context, 330, critical=300)
    assert '<h1 class="critical">300 things need you now</h1> <p class="soft">30 others can wait.</p>' in console(
        context
    )


def test_the_button_of_a_group_counts_also_the_alerts_that_no_row_shows(context: FakeContext) -> None:
    context.store.commit(
        [Create("groups/g1", {"labels": {}, "flood": False, "route": "the root", "called_at": ago(context, hours=1)})]
    )
    member = {"group": "g1", "open_in": "g1", "told_at": ago(context, hours=1)}
    context.store.commit([Create(f"alerts/g{n}", indexed({**fired(f"g{n}"), **member})) for n in range(150)])
    assert "Acknowledge all 150" in console(context)


def test_the_number_beside_a_section_is_that_of_all(context: FakeContext) -> None:
    for n in range(120):
        place = f"digest/{n:03}"
        put_alert(context, f"w{n}", state="noted", pending={"queue": "digest", "place": place, "since": ago(context)})
        put_message(context, f"outbox/m{n}", state="failed")
    view = today_view(context)
    assert (view["waiting"].count, len(view["waiting"].shown)) == ("120", 20)
    assert "120 things can wait." in console(context)


def test_the_newest_undelivered_messages_are_shown_whatever_kind_they_are(context: FakeContext) -> None:
    for n in range(21):
        put_message(context, f"outbox/m{n}", state="failed", created_at=None, made_at=ago(context, days=300))
    put_message(context, "outbox/new", state="failed", notice={"title": "CPU full"})
    shown = today_view(context)["concerns"]
    assert [row["title"] for row in shown[:2]] == ["Not delivered: CPU full", "Not delivered: Disk full"]


def test_an_open_alert_is_shown_with_all_that_is_known_of_it(context: FakeContext) -> None:
    put_alert(
        context, summary="97 % of /var", link="https://grafana.example/d/1", count=4,
        money={"amount": 4900, "currency": "eur"}, last_seen=ago(context, seconds=20),
    )  # fmt: skip
    page = console(context)
    for part in (
        "97 % of /var", "4 times", ">3 min</time>", ">just now</time>", "Critical", "49.00 EUR",
        'href="/console/alert/a1"',
    ):  # fmt: skip
        assert part in page


def test_what_fires_comes_first_and_the_worst_of_it_before_the_oldest(context: FakeContext) -> None:
    put_alert(context, "a1", title="Acked", state="acknowledged")
    put_alert(context, "a2", title="Newer", first_seen=ago(context, hours=1))
    put_alert(context, "a3", title="Older", first_seen=ago(context, hours=2))
    put_alert(context, "a4", title="Warned", severity="warning")
    page = console(context)
    assert sorted(("Acked", "Older", "Newer", "Warned"), key=page.index) == ["Older", "Newer", "Warned", "Acked"]


def test_an_acknowledged_alert_has_no_button(context: FakeContext) -> None:
    put_alert(context, state="acknowledged")
    page = console(context)
    assert "Disk full" in page
    assert (page.count("<button"), 'action="/ack/' in page) == (1, False)
    assert "Sign out</button>" in page


def test_interruptions_show_whether_they_arrived_and_why_not(context: FakeContext) -> None:
    put_message(context, "outbox/sent")
    put_message(context, "outbox/parked", state="parked", attempts=20, last_fault="not delivered: timeout")
    page = console(context)
    assert '<span class="d">delivered, desk</span>' in page
    assert '<span class="d">not delivered, desk, timeout</span>' in page
    assert "not delivered: timeout" in page


def test_the_latest_twenty_interruptions_are_shown(context: FakeContext) -> None:
    for number in range(21):
        put_message(context, f"outbox/m{number}", created_at=ago(context, minutes=number))
    page = console(context)
    assert page.count('<span class="d">delivered, desk</span>') == 20
    assert "m20" not in page


def test_of_many_undelivered_messages_the_newest_are_shown_whatever_their_ids(context: FakeContext) -> None:
    for n in range(150):
        path, title = f"outbox/m{n:03}", f"Message {n:03}"
        put_message(context, path, state="failed", created_at=ago(context, minutes=200 - n), notice={"title": title})
    view = today_view(context)
    titles = [row["title"] for row in view["concerns"]]
    assert titles == [f"Not delivered: Message {n:03}" for n in range(149, 146, -1)]
    assert view["more"] == [{"count": 147, "name": "not delivered"}]


def test_what_was_never_delivered_is_shown_however_old_it_is(context: FakeContext) -> None:
    put_message(context, "outbox/lost", state="failed", created_at=ago(context, days=90), notice={"title": "Lost"})
    put_message(context, "digests/lost", state="parked", created_at=ago(context, days=91), notice={"title": "Given up"})
    for number in range(21):
        put_message(context, f"outbox/m{number}", created_at=ago(context, minutes=number))
    page = console(context)
    assert "2 things can wait." in page
    assert page.index("Lost") < page.index("Given up")


def test_what_waits_for_a_digest_is_shown_also_when_its_channel_is_gone(context: FakeContext) -> None:
    since = ago(context, minutes=4)
    pending = {"queue": "no-more", "place": f"no-more/{since}", "since": since}
    put_alert(context, state="resolved", pending=pending)
    page = console(context)
    assert "Disk full" in page
    assert 'aria-label="Resolved"' in page


def test_a_digest_is_shown_with_how_many_it_holds(context: FakeContext) -> None:
    put_message(context, "digests/d1", members=["a1", "a2", "a3"])
    assert "delivered, desk, 3 items" in console(context)


def test_quarantine_and_dead_letters_say_what_to_do(context: FakeContext) -> None:
    event = {"source": "stripe", "type": "quarantined", "received_at": ago(context, hours=1), "quarantine": "no <id>"}
    letter = {"subscription": "alert-router", "attempts": 5, "event": EVENT, "received_at": ago(context, hours=1)}
    context.store.commit([Create("events/e1", event), Create("events/e2", {**event, "quarantine": None})])
    context.store.commit([Create("dead_letters/d1", letter)])
    page = console(context)
    assert page.count("Failed validation: Webhook from stripe") == 1
    assert "no &lt;id&gt;" in page
    assert '<a href="/console/event/e1">' in page
    assert "Failed message: alert-router" in page
    assert f'<a href="/console/event/{EVENT}">' in page


def test_times_are_those_of_the_operators_zone(context: FakeContext) -> None:
    context.config = context.config.model_copy(update={"timezone": "Asia/Tokyo"})
    put_alert(context, first_seen="2026-11-20T08:57:00.000000Z")
    page = console(context)
    assert 'title="2026-11-20T17:57:00+09:00">17:57</time>' in page


def test_a_broken_document_does_not_hide_the_others(context: FakeContext) -> None:
    put_alert(context)
    odd = {"state": "firing", "severity": "critical", "last_seen": "yesterday"}
    context.store.commit([Create("alerts/odd", indexed(odd))])
    context.store.commit([Create("outbox/odd", {"created_at": ""}), Create("dead_letters/odd", {"received_at": "x"})])
    page = console(context)
    assert "Disk full" in page
    assert "(without a title)" in page
    assert "firing for time unknown" in page


# Hostile senders


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 777*777777 }}"


def test_hostile_words_are_shown_as_words(context: FakeContext) -> None:
    put_alert(context, title=HOSTILE, summary=HOSTILE * 4, source=HOSTILE, last_event=HOSTILE)
    put_message(context, notice={"title": HOSTILE}, last_fault=HOSTILE)
    for page in (console(context), words(ask(context, ack_path(context)))):
        assert "<script>" not in page
        assert "<img" not in page
        assert "604332729" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "JaVaScRiPt:x",
        "//evil.example",
        "/ack/x",
        None,
        7,
    ],
)
def test_only_web_addresses_become_links(context: FakeContext, link: Any) -> None:
    put_alert(context, link=link)
    assert "<h1> <bdi>Disk full</bdi>" in words(ask(context, ack_path(context))).replace("<h1><", "<h1> <")


def test_pages_load_the_files_of_the_console_alone_and_run_nothing_else(context: FakeContext) -> None:
    answers = [
        ask(context, cookie=signed_in(context)),
        ask(context),
        ask(context, put_alert(context)),
        ask(context, "/nowhere"),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        text = answer.body.decode()
        assert not re.search(r"<script(?! src=\"/assets/)|<img|<style|@import|url\(| style=| on\w+=", text)
        for address in re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', text):
            assert ask(context, address).status == 200
    assert "unsafe" not in POLICY


# Legible by everybody

STYLE = (Path(today.__file__).with_name("assets") / "console.css").read_text()
SHADES = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
WORDS = ("ink", "soft", "accent", "critical", "warning", "ok", "info")
PAIRS = [
    *((word, ground) for word in WORDS for ground in ("bg", "surface")),
    *((word, f"{word}-wash") for word in ("critical", "warning", "info", "ok")),
    *(("ink", f"{word}-wash") for word in ("critical", "warning", "info", "ok")),
    ("accent-ink", "accent"), ("soft", "sunk"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Source: WCAG 2.2, "relative luminance"."""
    long = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    parts = [int(long[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("word", "ground"), PAIRS)
@pytest.mark.parametrize("shades", SHADES, ids=["light", "dark"])
def test_words_have_the_contrast_that_wcag_asks_for(shades: str, word: str, ground: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]+)", shades))
    darker, lighter = sorted((luminance(colours[word]), luminance(colours[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


# Acknowledging


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_get_on_an_ack_link_changes_nothing(context: FakeContext, method: str) -> None:
    path = put_alert(context)
    before = dict(context.store.docs)
    answer = ask(context, path, method)
    assert answer.status == 200
    assert f'<form method="post" action="{path}"><button class="go">Acknowledge</button>' in words(answer)
    assert context.store.docs == before


def test_no_get_anywhere_writes(context: FakeContext) -> None:
    path, cookie = put_alert(context), signed_in(context)
    commits = len(context.store.commits)
    for address in ("/", path, "/nowhere", "/console/x", link_path(context)):
        ask(context, address, cookie=cookie)
    assert len(context.store.commits) == commits


def test_a_post_acknowledges_and_says_so(context: FakeContext) -> None:
    answer = ask(context, put_alert(context), "POST")
    assert answer.status == 200
    assert "Acknowledged until 13:00." in words(answer)
    assert alert(context)["state"] == "acknowledged"
    assert alert(context)["acknowledged_at"] == iso(context.now)
    assert alert(context)["acknowledged_by"] == "link"


def test_acknowledging_twice_is_acknowledging_once(context: FakeContext) -> None:
    path = put_alert(context)
    ask(context, path, "POST")
    context.clock.advance(minutes=5)
    before = dict(context.store.docs)
    answer = ask(context, path, "POST")
    assert (answer.status, context.store.docs) == (200, before)
    assert "Already acknowledged at" in words(answer)
    assert "</time>, until 13:00." in words(answer)


def test_a_resolved_alert_stays_resolved(context: FakeContext) -> None:
    path = put_alert(context, state="resolved", resolved_at=ago(context, minutes=1))
    answer = ask(context, path, "POST")
    assert answer.status == 200
    assert "Already resolved at" in words(answer)
    assert alert(context)["state"] == "resolved"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_of_an_earlier_episode_acknowledges_nothing(context: FakeContext, method: str) -> None:
    path = put_alert(context, episode=2)
    answer = ask(context, path, method)
    assert answer.status == 410
    assert "earlier episode" in words(answer)
    assert alert(context)["state"] == "firing"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_expired_link_is_gone_and_acknowledges_nothing(context: FakeContext, method: str) -> None:
    path = put_alert(context)
    context.clock.advance(days=2)
    answer = ask(context, path, method)
    assert (answer.status, alert(context)["state"]) == (410, "firing")
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "token",
    ["x", ".", "..", "a.b", "ü", "💥", "\udcff", "\x00", "%00", "eyJh.x", "." * 300, "A" * 100_000, "<script>", ""],
)
@pytest.mark.parametrize("way", ["ack", "console"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_link_is_a_small_page_and_never_a_crash(
    context: FakeContext, method: str, way: str, token: str
) -> None:
    answer = ask(context, f"/{way}/{token}", method)
    assert answer.status in {404, 405}
    assert answer.headers["content-type"].startswith("text/html")
    assert len(answer.body) < 12_000
    assert context.store.commits == []


def test_a_link_cut_anywhere_is_not_found(context: FakeContext) -> None:
    path = put_alert(context)
    assert {ask(context, path[:end], "POST").status for end in range(len("/ack/"), len(path))} == {404}
    assert alert(context)["state"] == "firing"


def test_a_link_to_an_alert_that_is_no_longer_stored_says_so(context: FakeContext) -> None:
    answer = ask(context, ack_path(context, "gone"), "POST")
    assert (answer.status, "no longer stores this alert" in words(answer)) == (404, True)


def test_another_writer_that_was_quicker_is_left_to_the_entry(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_alert(context)
    stale = context.store.get("alerts/a1")
    assert stale is not None
    context.store.commit([Update("alerts/a1", {"count": 2}, stale.version)])
    monkeypatch.setattr(context.store, "get", lambda _: stale)
    with pytest.raises(Conflict):
        ask(context, path, "POST")


def test_the_button_of_the_console_leads_back_to_it(context: FakeContext) -> None:
    put_alert(context)
    cookie = signed_in(context)
    action = re.search(r'<form method="post" action="(/ack/[^"]+)">', ask(context, cookie=cookie).body.decode())
    assert action is not None
    answer = ask(context, action[1], "POST", cookie=cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert alert(context)["state"] == "acknowledged"


# Other requests


@pytest.mark.parametrize("pattern", [pattern for pattern, answers in ROUTES.items() if "POST" in answers])
def test_the_cookie_alone_permits_no_change(context: FakeContext, pattern: str) -> None:
    put_alert(context)
    cookie, before = signed_in(context), len(context.store.commits)
    steps = pattern.replace("snooze/*", "snooze/1h").replace("*", "forged")
    assert ask(context, f"/{steps}", "POST", cookie=cookie).status in {403, 404}
    assert len(context.store.commits) == before


def test_an_unknown_path_is_a_small_page(context: FakeContext) -> None:
    answer = ask(context, "/wp-admin/setup.php")
    assert (answer.status, "Page not found" in words(answer)) == (404, True)


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [("/", "POST", "HEAD, GET"), ("/sign-out/x", "GET", "POST"), ("/ack/x", "DELETE", "HEAD, GET, POST")],
)
def test_other_methods_are_refused(context: FakeContext, path: str, method: str, allow: str) -> None:
    answer = ask(context, path, method)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


def test_a_store_that_is_down_is_a_small_page_that_says_to_try_again(context: FakeContext) -> None:
    path, cookie = put_alert(context), signed_in(context)
    context.store.down = True
    for answer in (ask(context, path, "POST"), ask(context, cookie=cookie)):
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert "Nothing was changed" in words(answer)


@pytest.mark.parametrize(
    ("stored", "short", "exact", "ago"),
    [
        ("2026-11-20T08:56:59.123456Z", "09:56", "2026-11-20T09:56:59+01:00", "3 min ago"),
        ("2026-11-19T22:30:00.000000Z", "Thu 23:30", "2026-11-19T23:30:00+01:00", "10 h ago"),
        ("2025-07-02T10:00:00.000000Z", "2 Jul 2025 12:00", "2025-07-02T12:00:00+02:00", "505 days ago"),
        ("yesterday", "", "", "time unknown"),
        (None, "", "", "time unknown"),
    ],
)
def test_a_time_is_shown_in_the_operators_zone_without_microseconds(
    context: FakeContext, stored: str | None, short: str, exact: str, ago: str
) -> None:
    context.config = context.config.model_copy(update={"timezone": "Europe/Berlin"})
    assert at(stored, context)[:3] == (short, exact, ago)


def test_the_times_in_a_hold_reason_are_those_of_the_operators_zone(context: FakeContext) -> None:
    context.config = context.config.model_copy(update={"timezone": "Asia/Tokyo"})
    until = "2026-11-20T10:00:00.000000Z"
    reason = f"paused until {until}, in case it resolves on its own"
    put_alert(context, held={"by": "pause", "reason": reason, "since": iso(context.now)}, calls_at=until)
    pending = {"queue": "digest", "place": "digest/x", "since": iso(context.now), "reason": f"silenced until {until}"}
    put_alert(context, "a2", state="resolved", pending=pending)
    page = console(context)
    assert "Held: paused until 19:00, in case it resolves on its own" in page
    assert "silenced until 19:00" in page
    assert until not in page


def test_the_mail_of_a_digest_that_was_stopped_is_not_called_delivered(context: FakeContext) -> None:
    put_message(context, "digests/d1", attempts=0)
    assert "mail stopped, " in console(context)
