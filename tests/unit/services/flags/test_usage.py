"""Counts of evaluations: threads lose none, and the store gets them once a minute."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.flags import Evaluation
from shared.process import fold_buffer as gathering
from shared.services.flags.usage import Usage, reported
from tests.support.fakes import FakeContext

ON = Evaluation("checkout", value=True, reason="STATIC", variant="on")
NONE = Evaluation("gone", value=None, reason="DISABLED")


def counting(context: FakeContext, instance: str = "first") -> Usage:
    return Usage(lambda: context.store, instance)


def test_many_threads_lose_no_evaluation(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST", 50)
    counted = counting(context)
    with ThreadPoolExecutor(8) as threads:
        for _ in range(400):
            threads.submit(lambda: [counted.saw((ON, NONE), context.now) for _ in range(25)])
    counted.reporting.wait()
    assert counted.counts() == {("checkout", "on", "STATIC"): 10_000, ("gone", "", "DISABLED"): 10_000}


def test_the_store_gets_all_counts_at_most_once_a_minute(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = counting(context)
    for _ in range(100):
        counted.saw((ON,), context.now)
        counted.reporting.wait()
    assert context.store.commits == []
    monkeypatch.setattr(counted.reporting, "every", -1.0)
    counted.saw((), context.now)
    counted.reporting.wait()
    assert reported(context.store) == {"first": {("checkout", "on", "STATIC"): 100}}


def test_unchanged_counts_are_not_stored_again(context: FakeContext) -> None:
    counted = counting(context)
    counted.saw((ON,), context.now)
    counted.report(context.now)
    counted.report(context.now)
    assert len(context.store.commits) == 1


def test_each_instance_has_a_report_of_its_own(context: FakeContext) -> None:
    for name in ("first", "second"):
        counted = counting(context, name)
        counted.saw((ON,), context.now)
        counted.report(context.now)
    assert set(reported(context.store)) == {"first", "second"}


def test_an_unreachable_store_loses_no_count(context: FakeContext) -> None:
    counted, context.store.down = counting(context), True
    counted.saw((ON,), context.now)
    counted.report(context.now)
    context.store.down = False
    counted.report(context.now)
    assert reported(context.store) == {"first": {("checkout", "on", "STATIC"): 1}}
