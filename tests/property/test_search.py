"""What a list or a search returns is what a look at every document would, in the same order."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerting.state_machine import OPEN
from shared.ports import Create, Doc
from shared.ports.terms import STATES, words_of
from shared.services.search import Filters, Listing, events, open_alerts, walk
from shared.services.search import alerts as alert_list
from shared.values.words import words
from tests.support.fakes import FakeContext, FakeStore
from tests.support.findable import NOW, alert, event, news, searching

TITLES = st.lists(st.sampled_from(["disk", "Übung", "full", "host-1", "世界中", "a"]), min_size=1, max_size=3).map(
    " ".join
)
TIMES = st.integers(0, 24 * 80).map(lambda hours: NOW - timedelta(hours=hours, minutes=hours % 7))
SOURCES = st.sampled_from(["app", "shop"])
LABELS = st.dictionaries(st.sampled_from(["service", "env"]), st.sampled_from(["eu 1", "us"]), max_size=2)
FILTERS = st.builds(
    Filters, words=TITLES.map(lambda text: tuple(words(text))) | st.just(()), source=st.none() | SOURCES,
    labels=LABELS.map(lambda labels: tuple(labels.items())),
)  # fmt: skip
ALERTS = st.lists(
    st.fixed_dictionaries({
        "title": TITLES, "began": TIMES, "source": SOURCES, "labels": LABELS,
        "state": st.sampled_from([*sorted(OPEN), "resolved", "noted"]),
        "severity": st.sampled_from(["critical", "warning", "info", "dire"]),
    }),
    max_size=25,
)  # fmt: skip
EVENTS = st.lists(
    st.fixed_dictionaries({"title": TITLES, "at": TIMES, "source": SOURCES, "labels": LABELS}), max_size=25
)


def test_open_means_the_same_in_the_index_and_in_the_state_machine() -> None:
    assert set(STATES) == set(OPEN)


def everything(context: FakeContext, collection: str) -> list[Doc]:
    stored: FakeStore = context.store.stored  # type: ignore[attr-defined]
    return [doc for doc in stored.docs.values() if doc.path.startswith(f"{collection}/")]


def pages(listing: Listing, context: FakeContext, filters: Filters, listed: object) -> list[str]:
    ids = [doc.id for doc in listing.rows]
    for _ in range(2000):
        if not listing.more:
            return ids
        listing = listed(filters, context, 3, listing.more)  # type: ignore[operator]
        ids += [doc.id for doc in listing.rows]
    raise AssertionError("the pages do not end")


@settings(deadline=None)
@given(ALERTS, FILTERS, st.none() | st.sampled_from(sorted(OPEN)), st.sampled_from([2, 1000]))
def test_open_alerts_are_those_that_match_worst_first(
    drawn: list[dict[str, object]], filters: Filters, state: str | None, most: int
) -> None:
    writes = [alert(f"{n}", made.pop("began"), **made) for n, made in enumerate(map(dict, drawn))]  # type: ignore[arg-type]
    context = searching(FakeStore(), *writes)
    filters = Filters(filters.words, filters.source, None, state, None, None, filters.labels)
    with alert_list_of(most):
        listing = open_alerts(filters, context, 3)
        ids = pages(listing, context, filters, open_alerts)
    matching = [doc for doc in everything(context, "alerts") if _matches(doc, filters)]
    expected = sorted(matching, key=lambda doc: (doc.data["urgency"], doc.path), reverse=True)
    assert ids == [doc.id for doc in expected]
    assert listing.total in {None, len(expected)}
    assert sum(listing.counts.values()) in {0, len(expected)}


def _matches(doc: Doc, filters: Filters) -> bool:
    labels, data = dict(filters.labels), doc.data
    return (
        data["state"] in ({filters.state} if filters.state else OPEN)
        and filters.source in {None, data["source"]}
        and labels.items() <= data["labels"].items()
        and set(filters.words) <= {*words(f"{data['source']} {data['title']} {' '.join(data['labels'].values())}")}
    )


class alert_list_of:  # noqa: N801  (used as a context)
    """Bounds the list, and the parts of a walk, to *most* documents."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __enter__(self) -> None:
        self.before = alert_list.MOST, walk.FEW
        alert_list.MOST, walk.FEW = self.most, self.most

    def __exit__(self, *_: object) -> None:
        alert_list.MOST, walk.FEW = self.before


@settings(deadline=None)
@given(EVENTS, FILTERS, st.sampled_from([1, 3, 1000]), st.sampled_from([4, 5000]))
def test_events_are_those_that_match_newest_first(
    drawn: list[dict[str, object]], filters: Filters, few: int, most: int
) -> None:
    writes: list[Create] = [
        event(f"{n}", made["at"], signals=news("", **made["labels"]), subject=made["title"], source=made["source"])  # type: ignore[arg-type]
        for n, made in enumerate(drawn)
    ]
    context = searching(FakeStore(), *writes)

    def listed(filters: Filters, context: FakeContext, limit: int, after: str) -> Listing:
        return events(filters, context, limit, after, most=most)

    with alert_list_of(few):
        ids = pages(listed(filters, context, 3, ""), context, filters, listed)
    pairs = {f"{name}={value}" for name, value in filters.labels}
    matching = [
        doc
        for doc in everything(context, "events")
        if filters.source in {None, doc.data["source"]} and words_of(doc.data) >= pairs | set(filters.words)
    ]
    expected = sorted(matching, key=lambda doc: (doc.data["received_at"], doc.id), reverse=True)
    assert ids == [doc.id for doc in expected]
