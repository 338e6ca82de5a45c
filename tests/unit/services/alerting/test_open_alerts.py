"""The open alerts: the most urgent first, with true counts and a bounded reading, however many there are."""

from typing import Any

import pytest

from shared.ports import Create, Delete, Set
from shared.ports.earlier_documents import PROGRESS
from shared.ports.terms import alert_index
from shared.services.alerting.open_alerts import read_open_alerts
from shared.services.search import alerts as alert_list
from shared.services.standing.standing import standing
from tests.support.alerts import fired
from tests.support.fakes import FakeContext
from tests.support.findable import REWRITTEN
from tests.support.operation_counter import CountingStore


@pytest.fixture(autouse=True)
def _rewritten(context: FakeContext) -> None:
    """The sweeper has written everything as this release does."""
    context.store.commit([REWRITTEN])


def store(context: FakeContext, count: int, *, prefix: str = "w", **fields: Any) -> None:
    alerts = [{**fired(f"{prefix}{n:05}"), "severity": "warning", **fields} for n in range(count)]
    writes = [Create(f"alerts/{alert['id']}", {**alert, **alert_index(alert)}) for alert in alerts]
    context.store.commit(writes)


def test_the_worst_is_first_and_resolved_alerts_are_left_out(context: FakeContext) -> None:
    store(context, 2)
    store(context, 1, prefix="c", severity="critical")
    store(context, 1, prefix="a", severity="critical", state="acknowledged")
    store(context, 9, prefix="r", state="resolved")
    opened = read_open_alerts(context)
    assert [doc.id[0] for doc in opened.docs] == ["c", "w", "w", "a"]
    assert opened.counts == {"firing": 3, "acknowledged": 1, "snoozed": 0}
    assert (opened.total, opened.is_whole, opened.now) == (4, True, 1)


def test_of_more_than_it_reads_it_has_the_worst_and_true_counts(context: FakeContext) -> None:
    store(context, 70)
    store(context, 3, prefix="z", severity="critical")
    opened = read_open_alerts(context, most=20)
    assert [doc.id[0] for doc in opened.docs[:4]] == ["z", "z", "z", "w"]
    assert (opened.total, len(opened.docs), opened.is_whole, opened.now) == (73, 20, False, 3)


def test_critical_alerts_that_were_not_read_need_the_operator_too(context: FakeContext) -> None:
    store(context, 50, severity="critical")
    opened = read_open_alerts(context, most=20)
    assert (len(opened.needing), opened.unread_critical, opened.now) == (20, 30, 50)


def test_a_silenced_critical_alert_does_not_need_the_operator(context: FakeContext) -> None:
    store(context, 1, severity="critical", held={"by": "silence", "reason": "known", "since": "2026-11-20T09:00:00Z"})
    assert read_open_alerts(context).now == 0


def test_three_thousand_open_alerts_cost_little_more_than_what_is_shown(context: FakeContext) -> None:
    store(context, 3000)
    counting: Any = CountingStore(context.store)
    context.store = counting
    assert read_open_alerts(context, most=50).total == 3000
    assert counting.billed["reads"] <= 50 + 1 + 2 + 10 + 2 + 1


def test_alerts_of_an_earlier_release_are_there_before_the_sweeper_has_completed_them(context: FakeContext) -> None:
    context.store.commit([Set(PROGRESS, {"version": 2, "place": ""})])
    context.store.commit([Create("alerts/old", {**fired("old"), "severity": "critical"})])
    opened = read_open_alerts(context)
    assert ([doc.id for doc in opened.docs], opened.now, opened.total) == (["old"], 1, 1)


@pytest.mark.parametrize("is_upgraded", [True, False], ids=["after any release", "after one without progress"])
def test_of_very_many_alerts_of_an_earlier_release_it_says_only_what_it_knows(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch, *, is_upgraded: bool
) -> None:
    monkeypatch.setattr(alert_list, "MOST", 30)
    progress = context.store.docs[PROGRESS]
    context.store.commit([Set(PROGRESS, {"version": None, "place": "2/events/1"})] if is_upgraded else [])
    context.store.commit([] if is_upgraded else [Delete(PROGRESS, progress.version)])
    alerts = [{**fired(f"w{n:03}"), "severity": "warning"} for n in range(40)]
    context.store.commit([Create(f"alerts/{alert['id']}", alert) for alert in alerts])
    opened = read_open_alerts(context)
    assert (len(opened.docs), opened.total, opened.unread_critical) == (30, 40, None)
    assert standing(context, is_serving=True).headline.title == "More is firing than opos reads here"


def test_silenced_critical_alerts_do_not_hide_the_real_one_or_count_as_it(context: FakeContext) -> None:
    held = {"by": "silence", "reason": "known", "since": "2026-11-20T09:00:00Z"}
    store(context, 1, prefix="r", severity="critical", first_seen="2026-11-01T09:00:00Z")
    store(context, 260, prefix="s", severity="critical", held=held)
    store(context, 3)
    opened = read_open_alerts(context)
    assert ([doc.id for doc in opened.needing], opened.now, opened.unread_critical) == (["r00000"], 1, 0)
    headline = standing(context, is_serving=True).headline
    assert headline.text == "1 thing needs you now. 263 others can wait."
