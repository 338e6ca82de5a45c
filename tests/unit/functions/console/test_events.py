"""The pages of events and messages over fakes: what they show, what they hide, and that only a POST changes anything."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from functions.alert_router.handler import handle as route_event
from functions.console.access import Visitor
from functions.console.events import filters_of
from functions.console.forms import csrf
from functions.console.handler import handle
from functions.console.quarantine import fault
from shared.config.model import Config
from shared.events import EventAccepted, iso
from shared.intake.body import body_text
from shared.intake.webhook import read_again
from shared.ports import Create, Set, Update
from shared.ports.terms import event_terms
from shared.services.intake.acceptance import announcement
from shared.values.http import HttpRequest, HttpResponse
from tests.support.console import signed_in
from tests.support.fakes import CONFIG, FakeContext
from tests.support.operation_counter import CountingStore

MAPPED = {
    "scheme": "standard-webhooks", "secrets": ["APP_SECRET"],
    "alert": {"when": "data.severity", "title": "data.title", "severity": "data.severity", "fingerprint": "data.title"},
}  # fmt: skip


@pytest.fixture
def context(context: FakeContext) -> FakeContext:
    context.config = Config.model_validate({**CONFIG, "sources": {"app": MAPPED}})
    return context


def put(context: FakeContext, id: str, payload: Any = None, body: bytes | None = None, **changes: Any) -> str:
    """An event in the store; its path."""
    text = body if body is not None else json.dumps(payload or {"data": {"title": "Disk full"}}).encode()
    received = iso(context.now)
    event = {
        "contract": "event/1", "id": id, "source": "app", "type": "trouble", "delivery_id": f"d-{id}",
        "subject": "Disk full", "received_at": received, "owner": "me", "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        "headers": {"content-type": "application/json"}, **body_text(text), "quarantine": None, "day": received[:10],
        "state": "handled", "republished": {"count": 0, "at": None}, "handled": {}, **changes,
    }  # fmt: skip
    context.store.commit([Set(f"events/{id}", {**event, "terms": event_terms(event, None)})])
    return f"/console/event/{id}"


def ask(context: FakeContext, path: str) -> HttpResponse:
    path, _, query = path.partition("?")
    pairs = dict(pair.split("=", 1) for pair in query.split("&")) if query else {}
    return handle(HttpRequest("GET", path, {"cookie": signed_in(context)}, query=pairs), context)


def press(context: FakeContext, path: str, version: str = "", *, is_ours: bool = True, **fields: str) -> HttpResponse:
    """The answer to a button, with the token that the page of a new session has, or a forged one."""
    cookie = signed_in(context)
    page = handle(HttpRequest("GET", "/console/menu", {"cookie": cookie}), context).body.decode()
    session = re.search(r'action="/sign-out/([^"]+)"', page)
    assert session is not None
    claims = context.links.read("sign-out", session[1], now=context.now)
    token = csrf(Visitor(claims["session"]), context) if is_ours else "forged"
    form = urlencode({"csrf": token, "version": version, **fields}).encode()
    return handle(HttpRequest("POST", path, {"cookie": cookie}, body=form), context)


def words(answer: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.body.decode())).split())


def processed(context: FakeContext, id: str, severity: str = "critical") -> str:
    """An event that the router has handled; its path."""
    path = put(
        context, id, {"data": {"title": f"Disk {id}", "severity": severity}}, state="accepted", subject=f"Disk {id}"
    )
    doc = context.store.docs[f"events/{id}"]
    event, signals = read_again(doc, context.config)
    route_event(announcement(event, signals, version=doc.version), context)
    return path


# The list


def test_the_newest_come_first_under_their_days_and_a_link_leads_to_the_older_ones(context: FakeContext) -> None:
    for number in range(60):
        put(context, f"{number:04x}", subject=f"Event {number}")
        context.clock.advance(hours=1)
    first = ask(context, "/console/events")
    titles = re.findall(r"<bdi>Event (\d+)</bdi>", first.body.decode())
    assert titles == [str(number) for number in range(59, 9, -1)]
    assert "Today" in words(first)
    assert "Yesterday" in words(first)
    older = re.search(r'href="/console/events\?([^"]*)" rel="next"', first.body.decode())
    assert older is not None
    after = re.sub("%2F", "/", re.sub("%3A", ":", older[1]))
    second = ask(context, f"/console/events?{after}")
    assert re.findall(r"<bdi>Event (\d+)</bdi>", second.body.decode()) == [str(number) for number in range(9, -1, -1)]
    assert "Older events" not in words(second)


def test_an_empty_list_says_how_to_send_the_first_event_and_an_empty_answer_what_to_remove(
    context: FakeContext,
) -> None:
    assert "opos send app --sample firing" in words(ask(context, "/console/events"))
    put(context, "0001")
    page = words(ask(context, "/console/events?source=app&type=payout.*"))
    assert "No events match" in page
    assert "type is payout.*" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("outcome=quarantined", ["q"]), ("outcome=dead", ["d"]), ("outcome=recorded", ["q", "r"]), ("type=inv*", ["r"]),
        ("q=rare+thing", ["r"]), ("day=2026-11-20", ["q", "d", "r"]), ("day=2026-11-19", []),
        ("source=other", []), ("outcome=&type=", ["q", "d", "r"]),
    ],
)  # fmt: skip
def test_each_filter_shows_only_what_it_names(context: FakeContext, query: str, shown: list[str]) -> None:
    put(context, "0000q", quarantine="expected a JSON body", subject="q")
    put(context, "0000d", state="dead", subject="d")
    put(context, "0000r", type="invoice.paid", subject="r, a rare thing")
    page = ask(context, f"/console/events?{query.replace('+', ' ')}").body.decode()
    assert sorted(re.findall(r"<bdi>([qdr])[<,]", page)) == sorted(shown)


@pytest.mark.parametrize(
    "query", ["day=yesterday", "day=9999-12-31", "outcome=lost", "after=nonsense", "after=2026-99-99"]
)
def test_a_filter_that_means_nothing_is_named_and_breaks_nothing(context: FakeContext, query: str) -> None:
    put(context, "0001")
    answer = ask(context, f"/console/events?{query}")
    assert answer.status == 200
    name, _, value = query.partition("=")
    assert name == "after" or value in words(answer)


def test_the_text_of_an_id_leads_to_its_event(context: FakeContext) -> None:
    path = put(context, "abcd1234")
    for text in ("abcd1234", "ABCD"):
        assert ask(context, f"/console/events?q={text}").headers["location"] == path
    assert ask(context, "/console/events?q=beef").status == 200


# An event


def test_the_page_of_an_event_says_what_happened_in_order_and_links_what_followed(context: FakeContext) -> None:
    page = ask(context, processed(context, "00aa"))
    text = words(page)
    places = [text.index(step) for step in ("Received", "Verified and stored", "Decided: notify now")]
    assert places == sorted(places)
    (alert,) = context.store.query("alerts")
    (message,) = context.store.query("outbox")
    for path in (f"/console/alert/{alert.id}", f"/console/message/{message.id}"):
        assert f'href="{path}"' in page.body.decode()
    assert "By the scheme standard-webhooks. Not a duplicate" in text


def test_personal_values_and_secrets_are_redacted_until_a_press_that_is_written_down(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(context, "00ab", {"data": {"title": "x", "mail": "ada@example.com", "password": "hunter2", "n": 3}})
    hidden = ask(context, path)
    assert "2 values redacted" in words(hidden)
    assert "ada@example" not in hidden.body.decode()
    assert "hunter2" not in hidden.body.decode()
    assert press(context, f"{path}/reveal", is_ours=False).status == 403
    answer = press(context, f"{path}/reveal")
    assert answer.status == 303
    (written,) = (line for line in capsys.readouterr().out.splitlines() if "values_shown" in line)
    sessions = {f"session {doc.id[:8]}" for doc in context.store.query("sessions")}
    assert any(session in written for session in sessions)
    shown = answer.headers["location"].partition("#")[0]
    assert "hunter2" in words(ask(context, shown))
    other = put(context, "00ac", {"password": "hunter2"})
    assert "hunter2" not in words(ask(context, f"{other}?{shown.partition('?')[2]}"))
    context.clock.advance(minutes=6)
    assert "hunter2" not in words(ask(context, shown))


def test_a_token_is_shown_nowhere_on_the_pages_and_a_person_only_in_titles(context: FakeContext) -> None:
    token = "sk_live_4eC39HqLyjWDarjtT1"
    odd = "expected data.status to be str, found dict {'password': 'hunter2 is long', 'mail': 'joe@example.com'}"
    title = f"Payment of ada@example.com with {token} failed"
    put(context, "00ba", type=f"of {token}", subject=title, quarantine=odd, delivery_id=token)
    path = put(context, "00bb", {"data": {"title": title, "severity": "critical"}}, subject=title)
    pages = [ask(context, address) for address in ("/console/events", "/console/event/00ba", path, f"{path}?replay=1")]
    for page in pages:
        assert token not in page.body.decode()
        assert "hunter2" not in page.body.decode()
        assert "joe@example.com" not in page.body.decode()
        assert "Payment of ada@example.com with [token] failed" in words(page)
    assert "data.status should be text, but is an object" in words(pages[1])
    assert "Every check for Payment of" in words(pages[3])


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"a": ["<b>x</b>"] * 100_000}).encode(), b"[" * 100_000, b"\xff" * 1_000_000, b"x<y>" * 250_000,
        json.dumps([""] * 200_000).encode(), json.dumps({"k": "\u202e<script>" * 60_000}).encode(),
        json.dumps([[[{"token": "x"}]]] * 50_000).encode(),
    ],
)  # fmt: skip
def test_a_huge_or_hostile_payload_is_a_small_page_without_markup_of_its_own(context: FakeContext, body: bytes) -> None:
    title = "<script>alert(1)</script>\u202e" + "x" * 5000
    answer = ask(context, put(context, "00ad", body=body, subject=title[:200], delivery_id="<i>"))
    assert answer.status == 200
    page = answer.body.decode()
    assert len(answer.body) < 100_000
    assert "<script>" not in page.partition("</head>")[2].replace("<script src", "")
    assert "\u202e" not in page
    assert "<b>x" not in page
    assert "Only the beginning is shown" in words(answer)
    assert re.search(r"Payload [\d,]+ kB", words(answer))


def test_a_quarantined_event_says_which_field_should_be_what_and_what_to_do(context: FakeContext) -> None:
    path = put(context, "00ae", quarantine="expected data.object to be dict, found str 'in_1'")
    text = words(ask(context, path))
    assert "data.object should be an object, but is text 'in_1'" in text
    assert "map its shape under sources: app:" in text
    assert fault("odd").words == "Odd"


def test_a_quarantined_event_is_dismissed_with_a_reason_once(context: FakeContext) -> None:
    path = put(context, "00ad", quarantine="odd")
    version = context.store.docs["events/00ad"].version
    assert press(context, f"{path}/dismiss", version).status == 400
    assert press(context, f"{path}/dismiss", "stale", why="spam").status == 409
    assert press(context, f"{path}/dismiss", version, why="spam").headers["location"] == f"{path}?done=dismiss"
    data = context.store.docs["events/00ad"].data
    assert (data["quarantine"], data["dismissed"]["why"], data["dismissed"]["was"]) == ("", "spam", "odd")
    assert "Dismissed from the quarantine spam" in words(ask(context, path))
    assert press(context, f"{path}/dismiss", context.store.docs["events/00ad"].version, why="spam").status == 409


def test_a_look_at_a_replay_changes_nothing_and_the_button_replays_what_was_seen(context: FakeContext) -> None:
    path = processed(context, "00af", "warning")
    before, commits = dict(context.store.docs), len(context.bus.published)
    text = words(ask(context, f"{path}?replay=1"))
    assert "What a replay would do" in text
    assert "Every check for Disk 00af" in text
    assert {name for name, doc in context.store.docs.items() if before.get(name) != doc} <= {
        name for name in context.store.docs if name.startswith("sessions/")
    }
    assert len(context.bus.published) == commits
    assert press(context, f"{path}/replay", "stale").status == 409
    version = context.store.docs["events/00af"].version
    answer = press(context, f"{path}/replay", version)
    assert (answer.status, answer.headers["location"]) == (303, f"{path}?done=replay")
    (replayed,) = context.bus.published[commits:]
    assert isinstance(replayed, EventAccepted)
    assert (replayed.id, bool(replayed.nonce)) == ("00af", True)
    assert "Replayed." in words(ask(context, f"{path}?done=replay"))


def test_the_beginning_of_an_id_leads_to_its_page_and_an_unknown_one_offers_a_search(context: FakeContext) -> None:
    path = put(context, "abcd1234ef")
    put(context, "abce1234ef")
    answer = ask(context, "/console/event/abcd")
    assert (answer.status, answer.headers["location"]) == (303, path)
    for unknown, said in (("abc", "No event has the id abc"), ("ffff", "No event has the id ffff")):
        absent = ask(context, f"/console/event/{unknown}")
        assert absent.status == 404
        assert said in words(absent)
        assert f"/console/search?q={unknown}" in absent.body.decode()
    put(context, "abcd9999ef")
    assert "More than one event" in words(ask(context, "/console/event/abcd"))


@pytest.mark.parametrize("id", ["<b>", "../../x", "\ud800", "%00", "x" * 3000])
def test_a_hostile_id_is_not_there(context: FakeContext, id: str) -> None:
    for kind in ("event", "message"):
        answer = ask(context, f"/console/{kind}/{quote(id.encode('utf-8', 'replace'), safe='%')}")
        assert answer.status == 404
        assert "<b></h1>" not in answer.body.decode()


# A message


def put_message(context: FakeContext, path: str = "outbox/00f1", **changes: Any) -> None:
    message = {
        "channel": "desk", "notice": {"title": "Disk full", "text": "", "severity": "critical", "link": ""}, "ack": None,
        "cause": {"kind": "first", "step": "level 1 of 1", "route": "default", "group": "g", "labels": {}, "total": 1,
                  "alerts": ["a1"], "episodes": [1], "because": "", "events": ["00ee"], "runbook": ""},
        "cost": 1.0, "fence": 1, "state": "sent", "attempts": 2, "created_at": iso(context.now), "due_at": None,
        "last_fault": None, "receipt": {"detail": "HTTP 200", "at": iso(context.now + timedelta(seconds=3))},
    }  # fmt: skip
    context.store.commit([Create(path, {**message, **changes})])


def test_a_message_says_what_became_of_it_and_links_its_causes(context: FakeContext) -> None:
    put_message(context)
    page = ask(context, "/console/message/00f1")
    assert "Attempt 2. The receiver answered: HTTP 200" in words(page)
    assert 'href="/console/alert/a1"' in page.body.decode()
    assert 'href="/console/event/00ee"' in page.body.decode()
    for said in ("Created", "Delivered to desk", "First notification, level 1 of 1"):
        assert said in words(page)
    assert "Send again" not in words(page)


@pytest.mark.parametrize("path", ["outbox/00f1", "digests/00f1"])
def test_what_was_not_delivered_is_sent_again_by_a_press_once(context: FakeContext, path: str) -> None:
    put_message(context, path, state="failed", receipt=None, last_fault="not delivered: HTTP 401", members=["a1", "a2"])
    page = ask(context, "/console/message/00f1")
    assert "Attempt 2 failed HTTP 401" in words(page)
    assert 'href="/console/settings#channels"' in page.body.decode()
    version = context.store.docs[path].version
    answer = press(context, "/console/message/00f1/send", version)
    assert (answer.status, answer.headers["location"]) == (303, "/console/message/00f1?done=send")
    sent = context.store.docs[path].data
    assert (sent["state"], sent["attempts"], sent["due_at"]) == ("pending", 0, iso(context.now))
    assert press(context, "/console/message/00f1/send", version).status == 409
    context.store.commit([Update(path, {"state": "sent"}, context.store.docs[path].version)])
    assert press(context, "/console/message/00f1/send", context.store.docs[path].version).status == 409


# What the pages cost


def test_the_reads_of_each_page_are_bounded(context: FakeContext) -> None:
    paths = [processed(context, f"00{number:02x}") for number in range(30)]
    put_message(context, "outbox/00m2", cause=None)
    plain = context.store
    for path, most in (
        ("/console/events", 35), (paths[0], 20), (f"{paths[0]}?replay=1", 45), ("/console/message/00m2", 4),
        ("/console/event/ffff", 6),
    ):  # fmt: skip
        request = HttpRequest("GET", path.partition("?")[0], {"cookie": signed_in(context)}, query={"replay": "1"})
        context.store = counted = CountingStore(plain)  # type: ignore[assignment]
        handle(request if "?" in path else request._replace(query={}), context)
        context.store = plain
        assert counted.billed["reads"] <= most, path  # type: ignore[attr-defined]
        assert counted.billed["writes"] == 0  # type: ignore[attr-defined]


def test_the_day_of_a_filter_is_the_operators(context: FakeContext) -> None:
    context.config = Config.model_validate({**CONFIG, "timezone": "Pacific/Auckland"})
    filters, mistake = filters_of({"day": "2026-11-20"}, context)
    assert (mistake, filters.since) == ("", "2026-11-19T11:00:00.000000Z")
