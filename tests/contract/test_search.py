"""Lists and searches on every adapter: their order, their pages, and how many documents they read."""

from datetime import timedelta

import pytest

from shared.ports import Create, Delete, Doc, Store
from shared.services.search import NO_FILTERS, Listing, events, open_alerts, parse, search, walk
from shared.services.search import alerts as alert_list
from tests.support.fakes import FakeContext
from tests.support.findable import NOW, ago, alert, event, news, searching
from tests.support.operation_counter import CountingStore


def titles(listing: Listing) -> list[str]:
    return [doc.data.get("title") or doc.data["subject"] for doc in listing.rows]


def reads(context: FakeContext) -> int:
    """The reads since the last call."""
    counting = context.store
    assert isinstance(counting, CountingStore)
    return counting.billed.pop("reads", 0)


def counting(context: FakeContext) -> FakeContext:
    context.store = CountingStore(context.store)  # type: ignore[assignment]
    return context


def test_open_alerts_come_worst_first_and_every_page_counts_them_all(store: Store) -> None:
    context = searching(
        store, alert("acked", ago(hours=1), state="acknowledged"), alert("old", ago(hours=3)), alert("new"),
        alert("mild", severity="info"), alert("odd", ago(hours=5), severity="dire"),
        alert("over", state="resolved"), alert("note", state="noted"),
    )  # fmt: skip
    first = open_alerts(NO_FILTERS, context, limit=3)
    rest = open_alerts(NO_FILTERS, context, limit=3, after=first.more)
    assert [titles(first), titles(rest), rest.more] == [["new", "old", "odd"], ["mild", "acked"], ""]
    for page in (first, rest):
        assert (page.total, page.count(state="firing"), page.count(severity="critical")) == (5, 4, 4)


OPEN_BY = {
    "source:app": ["Disk full on web-1", "Job failed"],
    "severity:critical state:firing": ["Disk full on web-1", "Érror in Zürich"],
    "label:service=checkout": ["Disk full on web-1"],
    "label:service=checkout severity:info": [],
    "disk": ["Disk full on web-1"],
    "WEB 1 checkout": ["Disk full on web-1"],
    "error zurich": ["Érror in Zürich"],
    "day:today": ["Disk full on web-1", "Érror in Zürich"],
    "day:yesterday type:Job*": ["Job failed"],
    "nothing": [],
}


def test_filters_and_words_apply_together(store: Store) -> None:
    context = searching(
        store,
        alert("Disk full on web-1", labels={"service": "checkout"}),
        alert("Érror in Zürich", ago(hours=1), source="shop"),
        alert("Job failed", ago(days=1), severity="info", labels={"alertname": "JobFailed"}),
        alert("Disk full, but not now", state="resolved", labels={"service": "checkout"}),
    )
    pages = {query: open_alerts(parse(query, context), context) for query in OPEN_BY}
    assert {query: titles(page) for query, page in pages.items()} == OPEN_BY
    assert all(page.total == len(page.rows) for page in pages.values())


def test_an_alert_is_in_the_list_while_it_is_open(store: Store) -> None:
    context = searching(store, alert("disk"))
    doc = open_alerts(parse("disk", context), context).rows[0]
    changed = {**doc.data, "state": "resolved"}
    context.store.commit([Delete(doc.path, doc.version)])
    context.store.commit([Create(doc.path, changed)])
    assert open_alerts(parse("disk", context), context).rows == []
    assert open_alerts(NO_FILTERS, context).total == 0
    assert [hit.title for hit in search("disk", context).hits] == ["disk"]


def test_a_page_of_many_open_alerts_reads_little_more_than_it_shows(store: Store) -> None:
    many = [
        alert(f"Host h{n} full", ago(minutes=n), severity=("critical", "warning", "info")[n % 3]) for n in range(150)
    ]
    context = counting(searching(store, *many))
    page = open_alerts(NO_FILTERS, context, limit=20)
    assert (page.total, page.count(severity="critical"), titles(page)[0]) == (150, 50, "Host h0 full")
    assert reads(context) <= 20 + 1 + 10 + 1
    assert titles(open_alerts(parse("h121", context), context)) == ["Host h121 full"]
    assert reads(context) <= 3 + 1


def test_among_too_many_with_each_word_a_list_goes_through_them_in_order_and_says_how_far(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_list, "MOST", 20)
    many = [alert(f"full {n}", ago(minutes=n), source="app" if n % 2 else "shop") for n in range(50)]
    context = searching(store, *many)
    filters = parse("full source:shop", context)
    shown, after, looked = list[str](), "", 0
    for _ in range(9):
        page = open_alerts(filters, context, limit=8, after=after)
        assert page.total is None
        shown, after, looked = shown + titles(page), page.more, looked + page.looked_through
        if not after:
            break
    assert shown == [f"full {n}" for n in range(0, 50, 2)]
    assert page.looked_through == 0


def test_events_come_newest_first_page_by_page_over_months(store: Store) -> None:
    context = searching(store, *(event(f"e{n}", ago(days=7 * n)) for n in range(20)))
    first = events(NO_FILTERS, context, limit=12)
    rest = events(NO_FILTERS, context, limit=12, after=first.more)
    assert titles(first) + titles(rest) == [f"e{n}" for n in range(20)]
    assert (rest.more, rest.looked_through) == ("", 0)


EVENTS_BY = {
    "source:stripe": ["paid"],
    "type:invoice.*": ["paid"],
    "type:*": ["new", "paid", "old", "bad", "done"],
    "cus_9xYz81": ["paid"],
    "whsec_topsecret": [],
    "label:service=checkout": ["new"],
    "outcome:quarantined": ["bad"],
    "outcome:notified": ["old"],
    "outcome:recorded": ["paid", "done"],
    "outcome:accepted source:app": ["new", "bad"],
    "day:2026-11-20": ["new", "paid"],
    "done job": ["new", "old", "bad", "done"],
}


def test_events_are_found_by_filters_words_and_ids(store: Store) -> None:
    decided = {"alert_router": {"at": "", "decisions": [{"path": "page", "alert": "", "reason": ""}]}}
    body = '{"data": {"customer": "cus_9xYz81"}, "secret": "whsec_topsecret", "client_secret": "whsec_topsecret"}'
    context = searching(
        store,
        event("new", NOW, signals=news("new", service="checkout")),
        event("paid", ago(hours=2), source="stripe", type="invoice.paid", body=body, state="handled"),
        event("old", ago(days=40), handled=decided, state="handled"),
        event("bad", ago(days=80), quarantine="no"),
        event("done", ago(days=90), state="handled"),
    )
    assert {query: titles(events(parse(query, context), context)) for query in EVENTS_BY} == EVENTS_BY


def test_a_rare_word_among_many_events_costs_few_reads(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "FEW", 60)
    many = [event(f"common {n}", ago(minutes=2 * n)) for n in range(150)]
    context = counting(searching(store, *many, event("rare find", ago(days=35))))
    assert titles(events(parse("rare", context), context)) == ["rare find"]
    assert reads(context) <= 6
    page = events(NO_FILTERS, context, limit=30)
    assert titles(page) == [f"common {n}" for n in range(30)]
    assert reads(context) <= 2 * 30 + 30


def test_a_list_that_would_read_too_much_says_how_far_it_came_and_goes_on_there(store: Store) -> None:
    many = [event(f"e{n}", ago(hours=n), type="even" if n % 2 == 0 else "odd") for n in range(120)]
    context = searching(store, *many)
    filters = parse("type:ev*", context)
    shown, after, cuts = list[str](), "", 0
    for _ in range(50):
        page = events(filters, context, limit=500, after=after, most=30)
        shown, after, cuts = shown + titles(page), page.more, cuts + bool(page.looked_through)
        if not after:
            break
    assert shown == [f"e{n}" for n in range(0, 120, 2)]
    assert cuts >= 1


def test_a_search_finds_documents_of_every_kind_by_word_and_by_the_beginning_of_their_id(store: Store) -> None:
    at = "2026-11-20T08:00:00.000000Z"
    message = {"created_at": at, "notice": {"title": "Checkout is down", "text": ""}, "channel": "desk"}
    silence = {
        "starts_at": at,
        "ends_at": "2026-11-21",
        "matchers": ["service=checkout"],
        "author": "me",
        "comment": "",
    }
    context = searching(
        store, alert("Checkout slow"), alert("Checkout was slow", ago(days=60), state="resolved"),
        event("checkout.session"), Create("outbox/aa01", message), Create("digests/bb01", message),
        Create("silences/cc01", silence),
    )  # fmt: skip
    results = search("checkout", context)
    kinds = {"alert", "event", "message", "digest", "silence"}
    assert ({hit.kind for hit in results.hits}, len(results.hits), results.is_whole) == (kinds, 6, True)
    assert [hit.at for hit in results.hits] == sorted((hit.at for hit in results.hits), reverse=True)
    for hit in results.hits:
        assert hit.path in [named.path for named in search(hit.id[:8], context).hits]
    assert [hit.path for hit in search("github", context).hits] == ["sources/github"]
    assert [hit.path for hit in search("new till", context).hits] == ["flags/till"]
    assert search("", context) == ([], True)


def test_an_event_keeps_its_terms_when_the_router_marks_it(store: Store) -> None:
    context = searching(store, event("kept"))
    doc: Doc = events(parse("kept", context), context).rows[0]
    assert doc.data["day"] == (NOW - timedelta()).strftime("%Y-%m-%d")
    assert doc.data["terms"][0] == "@2026-11-20T09"
