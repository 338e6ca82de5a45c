"""Overrides between requests and a store that answers at once, late, out of order, or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ports import Doc
from shared.process import due_task
from shared.services.flags.overrides import FRESH, Known, Overrides
from shared.values.timestamps import iso

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = iso(NOW + timedelta(days=1))


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that run when the test says so, and requests that therefore wait for none."""
    monkeypatch.setattr(due_task, "PATIENCE", 0.0)
    monkeypatch.setattr(due_task, "threading", SimpleNamespace(Thread=Question))


@dataclass
class Question:
    """A thread that asks the store. The store reads what is true at one time, and answers at a later one."""

    target: Callable[..., None]
    args: tuple[Any, ...]
    daemon: bool
    read: int | None = None

    def start(self) -> None:
        World.present.asked(self)


class World:
    """Each change of the override has the next number as its variant."""

    present: "World"

    def __init__(self, *, answers_at_once: bool) -> None:
        World.present = self
        self.at, self.number, self.answers_at_once = 0.0, 0, answers_at_once
        self.changed_at = {0: 0.0}
        self.open: list[Question] = []
        self.answering: Question | None = None
        self.overrides = Overrides(lambda: Silent() if self.answering is None else Snapshot(self.answering.read))  # type: ignore[arg-type,return-value]
        self.overrides.asking.clock = lambda: self.at
        self.overrides.asking.first_patience = 0.0

    def asked(self, question: Question) -> None:
        self.open.append(question)
        if self.answers_at_once:
            self.answer(len(self.open) - 1)

    def read(self) -> None:
        """The store reads in the order in which it was asked."""
        unread = [question for question in self.open if question.read is None]
        for question in unread[:1]:
            question.read = self.number

    def answer(self, place: int) -> None:
        question = self.open.pop(place)
        if question.read is None:
            question.read = self.number
        self.answering = question
        question.target(*question.args)

    def fail(self, place: int) -> None:
        question = self.open.pop(place)
        self.answering = None
        question.target(*question.args)

    def change(self) -> None:
        self.number += 1
        self.changed_at[self.number] = self.at

    def current(self) -> Known:
        return self.overrides.current(NOW)

    def was_true(self, number: int, since: float) -> bool:
        """Whether *number* was the override at a time from *since* until now."""
        ended = self.changed_at.get(number + 1)
        return ended is None or ended >= since


@dataclass
class Snapshot:
    number: int

    def query(self, *_: object, **__: object) -> Iterator[Doc]:
        yield Doc("overrides/a", {"variant": str(self.number), "until": LATER}, 1)


class Silent:
    def query(self, *_: object, **__: object) -> Iterator[Doc]:
        raise TimeoutError


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.sampled_from([0.1, 1.0, 2.5, 4.9, 6.0])),
        st.tuples(st.sampled_from(["change", "read", "request"]), st.just(0)),
        st.tuples(st.sampled_from(["answer", "fail"]), st.integers(0, 3)),
    ),
    max_size=40,
)


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


@given(steps=steps)
def test_an_answer_is_never_older_than_it_says_and_never_gives_way_to_an_earlier_one(
    steps: list[tuple[str, float]],
) -> None:
    world, last = World(answers_at_once=False), 0
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
    world = World(answers_at_once=True)
    for step, value in steps:
        take(world, step, value)
        known = world.current()
        assert not known.is_stale
        assert world.was_true(number(known), world.at - FRESH)


@given(steps=steps)
def test_a_store_that_answers_again_is_heard_by_the_first_request_after_a_period(
    steps: list[tuple[str, float]],
) -> None:
    world = World(answers_at_once=False)
    for step, value in steps:
        take(world, step, value)
        world.current()
    world.answers_at_once = True
    world.at += FRESH + 0.1
    world.change()
    assert world.current() == Known({"a": str(world.number)}, is_stale=False)
