"""The public status page, its feed, its JSON and its badges: what the operator declared, and what follows from alerts."""

import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from functions.health import status
from functions.health.handler import handle
from shared.config.model import Config
from shared.errors import NotFound
from shared.events import iso
from shared.ports import Create, Doc, Set
from shared.services.status_page.incidents import change, declare
from shared.services.status_page.page import MOST, READS
from shared.status_page.incident import IncidentDoc, ended, opened, planned, updated, withdrawn
from shared.values.http import HttpRequest, HttpResponse
from tests.support.fakes import CONFIG, FakeContext, FakeStore
from tests.support.operation_counter import CountingStore
from tests.unit.functions.health.test_handler import with_health

PAGE: dict[str, Any] = {
    "title": "Shop & Sons",
    "components": {
        "checkout": {
            "name": "Checkout", "description": "Paying by card",
            "when": [
                {"state": "down", "matchers": ["service=checkout", "severity=critical"]},
                {"state": "degraded", "matchers": ["service=checkout"]},
            ],
        },
        "search": {"name": "Search"},
    },
}  # fmt: skip
PATHS = ("/status", "/status.atom", "/status.json", "/status.svg")


@pytest.fixture
def public(context: FakeContext) -> FakeContext:
    context.config = Config.model_validate({**CONFIG, "timezone": "Europe/Berlin", "status": PAGE})
    sweep(context)
    return context


def sweep(context: FakeContext, broken: dict[str, Any] | None = None) -> None:
    context.store.commit([Set("sweeps/last", {"at": iso(context.now), "broken": broken or {}})])


def ask(context: FakeContext, path: str = "/status", **more: Any) -> HttpResponse:
    return handle(HttpRequest(more.pop("method", "GET"), path, **more), context)


def shown(context: FakeContext) -> dict[str, Any]:
    """The JSON of a process that has read nothing yet."""
    status._memory.kept = None
    content: dict[str, Any] = json.loads(ask(context, "/status.json").body)
    return content


def states(context: FakeContext) -> dict[str, str]:
    return {row["id"]: row["state"] for row in shown(context)["components"]}


def fires(context: FakeContext, state: str = "firing", **labels: str) -> None:
    alert = {"state": state, "labels": labels, "title": "Postgres on db-7 refuses", "summary": "password=hunter2"}
    context.store.commit([Create(f"alerts/{context.new_id()}", alert)])


def incident(context: FakeContext, title: str = "Checkout fails for cards", **more: Any) -> str:
    settings = {"components": ["checkout"], "impact": "down", **more}
    return declare(opened(title, "We are looking into it.", now=context.now, **settings), context, by="ada")


@pytest.mark.parametrize("path", PATHS)
def test_there_is_no_page_unless_opos_yaml_declares_it(context: FakeContext, path: str) -> None:
    with pytest.raises(NotFound):
        ask(context, path)


def test_the_setting_of_earlier_releases_declares_a_page_without_components(context: FakeContext) -> None:
    context.config = with_health(status_page="Shop")
    content = shown(context)
    assert (content["title"], content["state"], content["components"]) == ("Shop", "operational", [])


def test_a_failure_of_opos_itself_changes_no_component(public: FakeContext) -> None:
    public.bus.down = True
    assert states(public) == {"checkout": "operational", "search": "operational"}


def test_an_open_alert_that_matches_changes_the_state_of_its_component_alone(public: FakeContext) -> None:
    fires(public, service="checkout", severity="warning")
    assert states(public) == {"checkout": "degraded", "search": "operational"}
    fires(public, service="checkout", severity="critical")
    assert states(public) == {"checkout": "down", "search": "operational"}


@pytest.mark.parametrize(
    ("state", "expected"), [("acknowledged", "down"), ("snoozed", "down"), ("resolved", "operational")]
)
def test_an_alert_counts_until_it_is_resolved(public: FakeContext, state: str, expected: str) -> None:
    fires(public, state, service="checkout", severity="critical")
    assert states(public)["checkout"] == expected


def test_nothing_of_an_alert_is_public(public: FakeContext) -> None:
    fires(public, service="checkout", severity="critical", host="db-7")
    incident(public)
    for path in PATHS:
        text = ask(public, path).body.decode()
        assert [
            word for word in ("Postgres", "hunter2", "db-7", "service=", "severity", "ada", "desk") if word in text
        ] == []


def test_an_incident_counts_at_once_and_until_it_is_resolved(public: FakeContext) -> None:
    id = incident(public, components=["search"], impact="degraded")
    assert states(public) == {"checkout": "operational", "search": "degraded"}
    content = shown(public)
    assert (content["state"], content["headline"]) == ("degraded", "Degraded: Search.")
    change(id, lambda known: ended(known, "Fixed.", now=public.now), public, by="ada")
    content = shown(public)
    assert (content["state"], content["incidents"], [entry["id"] for entry in content["past"]]) == (
        "operational",
        [],
        [id],
    )


def test_updates_come_newest_first_and_stay_as_documents(public: FakeContext) -> None:
    id = incident(public)
    public.clock.advance(minutes=5)
    change(
        id, lambda known: updated(known, "We found the cause.", progress="identified", now=public.now), public, by="ada"
    )
    (entry,) = shown(public)["incidents"]
    assert [update["progress"] for update in entry["updates"]] == ["identified", "investigating"]
    text = ask(public).body.decode()
    assert text.index("We found the cause.") < text.index("We are looking into it.")
    assert sorted(path for path in public.store.docs if path.startswith("incident_updates/")) == [
        f"incident_updates/{id}.0001", f"incident_updates/{id}.0002",
    ]  # fmt: skip


def test_what_ended_is_listed_for_fourteen_days(public: FakeContext) -> None:
    id = incident(public)
    change(id, lambda known: ended(known, "Fixed.", now=public.now), public, by="ada")
    for days, listed in ((13, 1), (1, 0)):
        public.clock.advance(days=days)
        sweep(public)
        assert len(shown(public)["past"]) == listed


def test_a_withdrawn_incident_is_on_no_page_and_in_no_feed(public: FakeContext) -> None:
    id = incident(public, "The key is hunter2")
    change(id, lambda known: withdrawn(known, now=public.now), public, by="ada")
    assert shown(public)["state"] == "operational"
    assert not any(b"hunter2" in ask(public, path).body for path in PATHS)


def window(context: FakeContext, *, begins: int, ends: int) -> IncidentDoc:
    at = [context.now + timedelta(hours=hours) for hours in (begins, ends)]
    return planned(
        "Moving the database", "Checkout is read-only.", components=["checkout"], starts_at=at[0], ends_at=at[1],
        now=context.now,
    )  # fmt: skip


def test_a_maintenance_window_is_planned_then_running_then_past_without_anybody_doing_anything(
    public: FakeContext,
) -> None:
    declare(window(public, begins=2, ends=4), public, by="ada")
    fires(public, service="checkout", severity="critical")
    phases = []
    for _ in range(3):
        content = shown(public)
        lists = next(name for name in ("planned", "maintenance", "past") if content[name])
        phases.append((lists, states(public)["checkout"]))
        public.clock.advance(hours=2)
        sweep(public)
    assert phases == [("planned", "down"), ("maintenance", "maintenance"), ("past", "down")]


def test_a_store_that_does_not_answer_is_unknown_since_it_last_answered_and_is_not_cached(public: FakeContext) -> None:
    asked_at = public.now
    ask(public)
    public.clock.advance(seconds=31)
    public.store.down = True
    for path in PATHS:
        answer = ask(public, path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.status == (200 if path.endswith(".svg") else 503)
        assert "etag" not in answer.headers
        assert "perational<" not in answer.body.decode()
    content = json.loads(ask(public, "/status.json").body)
    assert (content["state"], {row["state"] for row in content["components"]}) == ("unknown", {"unknown"})
    assert {row["unknown_since"] for row in content["components"]} == {iso(asked_at)}
    text = ask(public).body.decode()
    assert "The incidents cannot be read now." in text
    assert "No incidents" not in text


def test_after_the_store_answers_again_the_page_knows_within_seconds(public: FakeContext) -> None:
    public.store.down = True
    assert ask(public).status == 503
    public.store.down = False
    public.clock.advance(seconds=6)
    assert ask(public).status == 200


def test_a_sweep_that_is_late_makes_only_components_with_matchers_unknown(public: FakeContext) -> None:
    swept_at = public.now
    public.clock.advance(minutes=6)
    incident(public, components=["search"], impact="degraded")
    content = shown(public)
    assert [(row["state"], row["unknown_since"]) for row in content["components"]] == [
        ("unknown", iso(swept_at)), ("degraded", None),
    ]  # fmt: skip
    answer = ask(public)
    assert answer.status == 200, "a cache replaces its copy that says operational"
    assert "since" in answer.body.decode()


def test_a_lasting_failure_to_handle_events_makes_them_unknown_too(public: FakeContext) -> None:
    for told, expected in ((False, "operational"), (True, "unknown")):
        sweep(public, {"events-unhandled": {"since": "2026-11-20T08:00:00.000000Z", "told": told}})
        assert states(public) == {"checkout": expected, "search": "operational"}


def test_a_bundle_without_a_sweep_knows_nothing_of_its_alerts(public: FakeContext) -> None:
    del public.store.docs["sweeps/last"]
    assert states(public) == {"checkout": "unknown", "search": "operational"}


def test_of_more_open_alerts_than_it_reads_it_says_unknown_unless_one_matches(public: FakeContext) -> None:
    for _ in range(MOST):
        fires(public, service="other")
    assert states(public)["checkout"] == "unknown"
    fires(public, "acknowledged", service="checkout", severity="critical")
    assert states(public)["checkout"] == "down"


def test_a_thousand_visitors_cost_the_reads_of_one(public: FakeContext) -> None:
    for _ in range(2 * MOST):
        fires(public, service="other")
    store = public.store = CountingStore(public.store)  # type: ignore[assignment]
    status._memory.kept = None
    ask(public)
    reads = store.billed["reads"]
    assert 0 < reads <= READS
    for _ in range(250):
        for path in PATHS:
            ask(public, path)
    assert store.billed == {"reads": reads}
    public.clock.advance(seconds=31)
    ask(public)
    assert store.billed["reads"] <= 2 * READS


class PausingStore(CountingStore):
    """Waits in its queries while it is `paused`, and says that it does."""

    def __init__(self, store: FakeStore) -> None:
        super().__init__(store)
        self.goes_on, self.waits = threading.Event(), threading.Event()
        self.goes_on.set()

    def query(self, *asked: Any, **more: Any) -> Iterator[Doc]:
        self.waits.set()
        self.goes_on.wait(60)
        return super().query(*asked, **more)


def test_while_one_visitor_waits_for_the_store_the_others_get_what_is_half_a_minute_old(public: FakeContext) -> None:
    store = public.store = PausingStore(public.store)  # type: ignore[assignment]
    before = ask(public).body
    public.clock.advance(seconds=31)
    store.waits.clear()
    store.goes_on.clear()
    first = threading.Thread(target=ask, args=(public,))
    first.start()
    assert store.waits.wait(30)
    assert ask(public).body == before
    store.goes_on.set()
    first.join(30)
    assert ask(public).body != before, "as of a later time"


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_may_be_cached_and_has_a_tag_that_saves_the_body(public: FakeContext, path: str) -> None:
    answer = ask(public, path)
    assert answer.headers["cache-control"] == "public, max-age=30, stale-if-error=300"
    tag = answer.headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = ask(public, path, headers={"if-none-match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert ask(public, path, headers={"if-none-match": '"other"'}).status == 200


def test_the_feed_and_the_badge_keep_their_tags_while_nothing_changes(public: FakeContext) -> None:
    incident(public)
    tags = {path: ask(public, path).headers["etag"] for path in PATHS}
    public.clock.advance(minutes=1)
    for path in ("/status.atom", "/status.svg"):
        assert ask(public, path).headers["etag"] == tags[path]


ATOM = "{http://www.w3.org/2005/Atom}"


def required(element: ET.Element, name: str) -> str:
    """The text of the only child *name*, which RFC 4287 requires."""
    (child,) = element.findall(f"{ATOM}{name}")
    assert child.text
    return child.text


def test_the_feed_is_atom(public: FakeContext) -> None:
    id = incident(public, "Fails & <b>burns</b>")
    public.clock.advance(minutes=5)
    change(id, lambda known: updated(known, "Found.\nSoon.", progress="identified", now=public.now), public, by="ada")
    answer = ask(public, "/status.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.body)  # noqa: S314  (our own)
    assert feed.tag == f"{ATOM}feed"
    assert required(feed, "id") == "tag:opos.example,2026:status"
    assert required(feed, "title") == "Shop & Sons: status"
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": "https://opos.example/status.atom", "alternate": "https://opos.example/status"}
    entries = feed.findall(f"{ATOM}entry")
    assert [required(entry, "title") for entry in entries] == [
        "Identified: Fails & <b>burns</b>", "Investigating: Fails & <b>burns</b>",
    ]  # fmt: skip
    assert [required(entry, "id") for entry in entries] == [f"tag:opos.example,2026:status/{id}/{n}" for n in (2, 1)]
    assert required(feed, "updated") == required(entries[0], "updated")
    for entry in entries:
        assert datetime.fromisoformat(required(entry, "updated")).tzinfo
        assert required(entry, "content")
        assert f'id="{id}"' in ask(public).body.decode(), "the link of the entry leads to the incident"


def test_a_feed_without_entries_is_valid_too(public: FakeContext) -> None:
    feed = ET.fromstring(ask(public, "/status.atom").body)  # noqa: S314
    assert (required(feed, "updated"), feed.findall(f"{ATOM}entry")) == ("2026-11-20T00:00:00Z", [])


HOSTILE = "Fails \x00\x1b[31m\ufffe\u202e<script>alert(1)</script> ]]> & \ud800 done"


def test_whatever_the_operator_types_stays_text(public: FakeContext) -> None:
    declare(opened(HOSTILE, HOSTILE, components=[], impact="down", now=public.now), public, by="x")
    for path in PATHS:
        body = ask(public, path).body
        assert b"<script>" not in body or path == "/status.json"
        if path != "/status.json":
            ET.fromstring(body) if path != "/status" else HTMLParser().feed(body.decode())  # noqa: S314


def test_a_badge_is_a_picture_of_the_page_or_of_a_component(public: FakeContext) -> None:
    fires(public, service="checkout", severity="critical")
    for query, label in (
        ({}, "status: down"),
        ({"component": "checkout"}, "checkout: down"),
        ({"component": "search"}, "search: operational"),
    ):
        answer = ask(public, "/status.svg", query=query)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert ET.fromstring(answer.body).attrib["aria-label"] == label  # noqa: S314
    with pytest.raises(NotFound):
        ask(public, "/status.svg", query={"component": "payments"})


def test_times_are_in_utc_and_in_the_companys_zone(public: FakeContext) -> None:
    incident(public)
    text = ask(public).body.decode()
    assert (
        '<time datetime="2026-11-20T09:00:00.000000Z">20 Nov 2026 09:00 UTC <span class="soft">(10:00 CET)</span></time>'
        in text
    )


def test_the_page_has_no_script_and_its_policy_allows_its_own_style_only(public: FakeContext) -> None:
    answer = ask(public)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert b"<script" not in answer.body
    assert len(answer.body) < 12_000


def test_the_feed_links_to_the_address_of_the_page_if_it_has_its_own(public: FakeContext) -> None:
    page = {**PAGE, "url": "https://status.shop.example/"}
    public.config = Config.model_validate({**CONFIG, "status": page})
    feed = ET.fromstring(ask(public, "/status.atom").body)  # noqa: S314
    assert required(feed, "id") == "tag:status.shop.example,2026:status"
    assert [link.attrib["href"] for link in feed.findall(f"{ATOM}link")] == [
        "https://status.shop.example/status.atom", "https://status.shop.example/status",
    ]  # fmt: skip
