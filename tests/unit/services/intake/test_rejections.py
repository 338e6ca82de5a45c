"""The count of rejections in the store: how often it is written, how large it becomes, and what several processes add."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFound, Unauthorized
from shared.intake.rejections import Rejected, rejection
from shared.ports import Doc, Write
from shared.services.intake.rejections import ATTEMPTS, EVERY, LINES_PER_MINUTE, PATH, Rejections, stored
from shared.values.http import HttpRequest
from tests.support.fakes import FakeContext, FakeStore

STORM = 3_000
REASONS: tuple[Any, ...] = ("signature", "token", "timestamp", "header")


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


def reject(
    counts: Rejections, context: FakeContext, name: str = "app", failed: Any = "signature", caller: str = ""
) -> None:
    known = name in context.config.sources
    fault = Unauthorized("no", failed=failed) if known else NotFound("no")
    counted = rejection(fault, HttpRequest("POST", f"/webhooks/{name}", caller=caller), context.config, context.now)
    assert counted
    counts.add(counted, context.now)


def test_a_storm_of_names_and_addresses_stays_one_small_document(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = "abcdefghij"
    for number in range(STORM):
        name = "x" + "".join(letters[int(digit)] for digit in str(number))
        reject(context.rejections, context, name, caller=f"10.{number // 250}.{number % 250}.9")
    reject(context.rejections, context)
    writes = len(context.store.commits)
    assert writes <= 3  # the first of each kind; and one for a minute that may have passed meanwhile
    context.rejections.report(context.now)
    assert list(context.store.docs) == [PATH]
    assert len(json.dumps(context.store.docs[PATH].data)) < 3000
    assert sum(count.times for count in stored(context.store)) == STORM + 1
    assert capsys.readouterr().out.count('"webhook_rejected"') <= 3 * LINES_PER_MINUTE


def test_the_first_of_each_kind_is_stored_immediately_and_the_next_within_a_minute() -> None:
    context = FakeContext()
    time = [0.0]
    context.rejections.reporting.clock = lambda: time[0]
    for failed in REASONS:
        reject(context.rejections, context, failed=failed)
    assert {count.reason for count in stored(context.store)} == set(REASONS)
    reject(context.rejections, context)
    assert len(context.store.commits) == len(REASONS)
    time[0] = EVERY + 1
    reject(context.rejections, context)
    assert [count.times for count in stored(context.store) if count.reason == "signature"] == [3]


@dataclass
class Crowded(FakeStore):
    """Lets another process report between a read and the commit that follows it."""

    others: list[Callable[[], object]] = field(default_factory=list)

    def get(self, path: str) -> Doc | None:
        doc = super().get(path)
        if self.others:
            self.others.pop()()
        return doc


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(REASONS), st.booleans()), max_size=20))
def test_processes_that_report_at_the_same_time_lose_no_count(steps: Sequence[tuple[int, Any, bool]]) -> None:
    context, store = FakeContext(), Crowded()
    processes = [Rejections(lambda: store) for _ in range(3)]
    for number, failed, reports in steps:
        processes[number]._seen.add([_count(context.now, failed)])
        if reports:
            store.others = [lambda other=processes[(number + 1) % 3]: other.report(context.now)]  # type: ignore[misc]
            assert processes[number].report(context.now)
    store.others = []
    for process in processes:
        assert process.report(context.now)
    assert sum(count.times for count in stored(store)) == len(steps)


def _count(now: datetime, failed: Any) -> Rejected:
    counted = rejection(
        Unauthorized("no", failed=failed), HttpRequest("POST", "/webhooks/app"), FakeContext().config, now
    )
    assert counted
    return counted


def test_a_report_that_always_conflicts_gives_way_and_keeps_its_counts(context: FakeContext) -> None:
    class Contended(FakeStore):
        def commit(self, writes: Sequence[Write]) -> dict[str, str]:
            self.docs = {PATH: Doc(PATH, {"rejected": "[]"}, f"v{len(self.commits)}")}
            self.commits.append(list(writes))
            return super().commit(writes)

    contended = Contended()
    context.rejections = Rejections(lambda: contended)
    reject(context.rejections, context)
    assert len(contended.commits) == ATTEMPTS
    context.rejections.store = lambda: context.store
    context.rejections.report(context.now)
    assert [count.times for count in stored(context.store)] == [1]


def test_a_store_that_is_down_loses_no_count_and_raises_nothing(context: FakeContext) -> None:
    context.store.down = True
    reject(context.rejections, context)
    context.store.down = False
    context.rejections.report(context.now)
    assert [count.times for count in stored(context.store)] == [1]


def test_threads_that_reject_at_the_same_time_lose_no_count(context: FakeContext) -> None:
    def some() -> None:
        for _ in range(200):
            reject(context.rejections, context)

    threads = [Thread(target=some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    context.rejections.reporting.wait()
    context.rejections.report(context.now)
    assert [count.times for count in stored(context.store)] == [800]


def test_the_document_expires_a_month_after_its_last_rejection(context: FakeContext) -> None:
    reject(context.rejections, context)
    expires = datetime.fromisoformat(context.store.docs[PATH].data["expires_at"])
    assert expires == context.now + timedelta(days=30)


def test_without_a_rejection_a_report_asks_nothing_of_the_store(context: FakeContext) -> None:
    context.store.down = True
    assert context.rejections.report(context.now)
