"""Overrides between requests and a store that answers at once, late, out of order, or not at all."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.ports import Doc
from shared.process import due_task
from shared.services.flags.overrides import FRESH, Known, Overrides
from shared.values.timestamps import iso

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = iso(NOW + timedelta(days=1))


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that end when the test says so, and requests that wait for none."""
    monkeypatch.setattr(due_task, "PATIENCE", 0.0)
    monkeypatch.setattr(due_task, "threading", SimpleNamespace(Thread=Question))


class Question(threading.Thread):
    """A thread that asks the store, which reads what is true at one time and answers, or fails, at a later one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.has_asked, self.may_end = threading.Event(), threading.Event()
        self.read: int | None = None

    def start(self) -> None:
        super().start()
        self.has_asked.wait()
        World.present.was_asked(self)

    def query(self, *_: object, **__: object) -> Iterator[Doc]:
        self.has_asked.set()
        self.may_end.wait()
        if self.read is None:
            raise TimeoutError
        yield Doc("overrides/a", {"variant": str(self.read), "until": LATER}, 1)

    def end(self) -> None:
        self.may_end.set()
        self.join()


class World:
    """Each change of the override has the next number as its variant."""

    present: "World"

    def __init__(self, *, answers_at_once: bool) -> None:
        World.present = self
        self.at, self.number, self.answers_at_once = 0.0, 0, answers_at_once
        self.changed_at = {0: 0.0}
        self.open: list[Question] = []
        self.overrides = Overrides(threading.current_thread)  # type: ignore[arg-type]
        self.overrides.asking.clock = lambda: self.at
        self.overrides.asking.first_patience = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for question in self.open:
            question.end()

    def was_asked(self, question: Question) -> None:
        self.open.append(question)
        if self.answers_at_once:
            self.answer(len(self.open) - 1)

    def read(self) -> None:
        """The store reads in the order in which it was asked."""
        unread = [question for question in self.open if question.read is None]
        for question in unread[:1]:
            question.read = self.number

    def answer(self, place: int) -> None:
        while self.open[place].read is None:
            self.read()
        self.open.pop(place).end()

    def fail(self, place: int) -> None:
        self.open[place].read = None
        self.open.pop(place).end()

    def change(self) -> None:
        self.number += 1
        self.changed_at[self.number] = self.at

    def current(self) -> Known:
        return self.overrides.current(NOW)

    def was_true(self, number: int, since: float) -> bool:
        """Whether *number* was the override at a time from *since* until now."""
        ended = self.changed_at.get(number + 1)
        return ended is None or ended >= since


STEPS = [
    ("pass", 1.0), ("pass", 4.9), ("pass", 6.0), ("change", 0), ("read", 0), ("request", 0), ("answer", 0), ("answer", 1),
    ("answer", 2), ("fail", 0),
]  # fmt: skip
steps = st.lists(st.sampled_from(STEPS), max_size=30)
OVERTAKEN = [("request", 0), ("read", 0), ("change", 0), ("pass", 6.0), ("read", 0), ("answer", 1), ("answer", 0)]
SLOW = [("request", 0), ("read", 0), ("change", 0), ("pass", 4.9), ("answer", 0), ("pass", 4.9)]


def take(world: World, step: str, value: float) -> None:
    if step == "pass":
        world.at += value
    elif step in {"answer", "fail"}:
        if value < len(world.open):
            getattr(world, step)(int(value))
    elif step != "request":
        getattr(world, step)()


def number(known: Known) -> int:
    return int(known.variants.get("a", "0"))


@example(steps=OVERTAKEN)
@example(steps=SLOW)
@given(steps=steps)
def test_an_answer_is_never_older_than_it_says_and_never_gives_way_to_an_earlier_one(
    steps: list[tuple[str, float]],
) -> None:
    last = 0
    with World(answers_at_once=False) as world:
        for step, value in steps:
            take(world, step, value)
            known = world.current()
            assert number(known) >= last
            assert known.is_stale or world.was_true(number(known), world.at - FRESH)
            last = number(known)


@given(steps=steps)
def test_while_the_store_answers_no_request_gets_a_stale_answer_or_one_older_than_its_freshness(
    steps: list[tuple[str, float]],
) -> None:
    with World(answers_at_once=True) as world:
        for step, value in steps:
            take(world, step, value)
            known = world.current()
            assert not known.is_stale
            assert world.was_true(number(known), world.at - FRESH)


@given(steps=steps)
def test_a_store_that_answers_again_is_heard_by_the_first_request_after_a_period(
    steps: list[tuple[str, float]],
) -> None:
    with World(answers_at_once=False) as world:
        for step, value in steps:
            take(world, step, value)
            world.current()
        world.answers_at_once = True
        world.at += FRESH + 0.1
        world.change()
        assert world.current() == Known({"a": str(world.number)}, is_stale=False)
