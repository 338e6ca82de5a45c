"""A task that requests run when it is due: when it begins, how long they wait, and what follows a failure."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.process import due_task
from shared.process.due_task import AGAIN, DueTask

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LONG = 30.0
"""Seconds that no test waits for, unless it fails."""


@dataclass
class Work:
    """Succeeds, fails or hangs, as the test says."""

    clock: float = 0.0
    succeeds: bool = True
    runs: int = 0
    may_end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_end.set()

    def __call__(self, now: datetime) -> bool:
        assert now == NOW
        self.runs += 1
        self.may_end.wait(LONG)
        return self.succeeds

    def task(self, **options: Any) -> DueTask:
        return DueTask(self, 5.0, clock=lambda: self.clock, **options)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        self.may_end = ending = threading.Event()
        yield
        ending.set()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends is waited for, however busy this machine is."""
    monkeypatch.setattr(due_task, "PATIENCE", LONG)


@pytest.mark.usefixtures("patient")
def test_the_first_run_is_due_immediately_and_the_next_after_the_period(work: Work) -> None:
    task = work.task(first_patience=LONG)
    for work.clock, runs in ((0, 1), (4, 1), (5, 1), (5.1, 2), (10, 2), (10.2, 3), (3600, 4)):
        assert task.ask(NOW)
        assert work.runs == runs


@pytest.mark.usefixtures("patient")
def test_the_first_run_can_be_due_one_period_after_the_first_request(work: Work) -> None:
    task = work.task(immediately=False)
    for work.clock, runs in ((100, 0), (105, 0), (105.1, 1), (110, 1), (111, 2)):
        assert task.ask(NOW)
        assert work.runs == runs


def test_a_run_that_hangs_delays_no_request_after_its_patience_and_is_not_joined_by_a_second(work: Work) -> None:
    task = work.task()
    with work.hanging():
        assert not task.ask(NOW)
        for work.clock in (0.3, 1.0, 4.9):
            assert not task.ask(NOW)
        assert work.runs == 1
    task.wait()
    assert task.ask(NOW)
    assert work.runs == 1


@pytest.mark.parametrize("first", [False, True])
def test_a_run_that_hangs_is_abandoned_after_the_period(work: Work, *, first: bool) -> None:
    task = work.task(first_patience=LONG)
    if not first:
        assert task.ask(NOW)
        work.clock = 6.0
    task.first_patience = 0.1
    with work.hanging():
        assert not task.ask(NOW)
        runs = work.runs
        work.clock += 5.0
        with work.hanging():
            assert not task.ask(NOW)
        task.wait()
        assert work.runs == runs + 1
        assert task.ask(NOW)


@pytest.mark.usefixtures("patient")
def test_an_abandoned_run_that_succeeds_late_makes_nothing_fresh(work: Work) -> None:
    task = work.task(first_patience=0.1)
    with work.hanging():
        assert not task.ask(NOW)
        abandoned = task._run
        assert abandoned is not None
    abandoned.ended.wait(LONG)
    work.clock = 6.0
    assert task.ask(NOW)
    assert work.runs == 2


@pytest.mark.usefixtures("patient")
def test_a_run_that_failed_is_tried_again_after_a_pause(work: Work) -> None:
    task = work.task(first_patience=LONG)
    work.succeeds = False
    for work.clock, runs in ((0, 1), (0.5, 1), (AGAIN, 2), (AGAIN + 0.5, 2)):
        assert not task.ask(NOW)
        assert work.runs == runs
    work.succeeds, work.clock = True, 2 * AGAIN
    assert task.ask(NOW)
    assert work.runs == 3


@pytest.mark.usefixtures("patient")
def test_work_that_raises_has_failed_and_the_request_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: raised.append(fault.exc_type))
    task = DueTask(lambda _now: bool(1 / 0), 5.0, clock=lambda: 0.0, first_patience=LONG)
    assert not task.ask(NOW)
    assert not task.ask(NOW)
    assert raised == [ZeroDivisionError]


@pytest.mark.usefixtures("patient")
def test_requests_that_come_together_wait_for_one_run(work: Work) -> None:
    task = work.task(first_patience=LONG)
    with ThreadPoolExecutor(8) as threads:
        with work.hanging():
            answers = [threads.submit(task.ask, NOW) for _ in range(8)]
        assert all(answer.result(LONG) for answer in answers)
    assert work.runs == 1


def test_a_request_that_was_overtaken_by_a_whole_run_does_not_begin_another(work: Work) -> None:
    task = work.task(first_patience=LONG)

    class Overtaken:
        def __enter__(self) -> None:
            task._choosing = lock
            assert task.ask(NOW)
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()

    lock, task._choosing = task._choosing, Overtaken()  # type: ignore[assignment]
    assert task.ask(NOW)
    assert work.runs == 1


def test_a_request_waits_no_longer_than_a_run_may_take_although_it_came_later(work: Work) -> None:
    """The patience counts from the beginning of the run."""
    task = work.task(first_patience=LONG)
    assert task.ask(NOW)
    work.clock = 10.0
    with work.hanging(), ThreadPoolExecutor(1) as threads:
        assert not task.ask(NOW)
        work.clock = 10.0 + due_task.PATIENCE
        assert threads.submit(task.ask, NOW).result(LONG) is False


def test_a_hastened_task_runs_again_at_the_next_request() -> None:
    work = Work()
    task = work.task()
    assert [task.ask(NOW), task.ask(NOW)] == [True, True]
    task.hasten()
    assert [task.ask(NOW), task.ask(NOW)] == [True, True]
    assert work.runs == 2
