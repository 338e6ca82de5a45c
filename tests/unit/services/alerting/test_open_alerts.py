"""The open alerts: the most urgent first, with true counts and a bounded reading, however many there are."""

from typing import Any

from shared.ports import Create
from shared.ports.terms import alert_index
from shared.services.alerting.open_alerts import read_open_alerts
from tests.support.alerts import fired
from tests.support.fakes import FakeContext
from tests.support.operation_counter import CountingStore


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
    assert counting.billed["reads"] <= 50 + 1 + 9 + 3 + 1


def test_alerts_of_an_earlier_release_are_there_before_the_sweeper_has_completed_them(context: FakeContext) -> None:
    context.store.commit([Create("sweeps/documents", {"version": 2, "place": ""})])
    context.store.commit([Create("alerts/old", {**fired("old"), "severity": "critical"})])
    opened = read_open_alerts(context)
    assert ([doc.id for doc in opened.docs], opened.now, opened.total) == (["old"], 1, 1)
