"""Overrides of flags: an evaluation never waits for the store."""

import threading
from datetime import timedelta

import pytest

from functions.digest_sender.overview import overview
from shared.errors import NotFound
from shared.ports import Store
from shared.services.flags import overrides as overriding
from shared.services.flags.overrides import Overrides, in_force, override, release
from tests.support.fakes import FakeContext, FakeStore

HOUR = timedelta(hours=1)


def kill(context: FakeContext, flag: str = "checkout") -> None:
    override(flag, "off", context.store, who="me", why="it charges twice", until=context.now + HOUR, now=context.now)


def settled(overrides: Overrides, context: FakeContext) -> dict[str, str]:
    """The overrides after the read that this evaluation starts."""
    overrides.current(context.now)
    overrides.asking.wait()
    variants = dict(overrides.current(context.now))
    overrides.asking.wait()
    return variants


def test_an_override_is_in_force_until_its_end_or_its_release(context: FakeContext) -> None:
    kill(context)
    kill(context, "search")
    assert [doc.id for doc in in_force(context.store, context.now)] == ["checkout", "search"]
    release("search", context.store, context.now)
    assert [doc.id for doc in in_force(context.store, context.now)] == ["checkout"]
    assert in_force(context.store, context.now + HOUR) == []
    with pytest.raises(NotFound):
        release("search", context.store, context.now)


def test_an_evaluation_uses_an_override_after_the_next_read_and_until_its_end(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overriding, "FRESH", -1.0)
    overrides = Overrides(lambda: context.store)
    kill(context)
    assert settled(overrides, context) == {"checkout": "off"}
    context.clock.advance(hours=1)
    assert overrides.current(context.now) == {}


def test_the_store_is_read_once_within_a_few_seconds(context: FakeContext) -> None:
    reads: list[Store] = []

    def store() -> FakeStore:
        reads.append(context.store)
        return context.store

    overrides = Overrides(store)
    for _ in range(20):
        settled(overrides, context)
    assert len(reads) == 1


def test_a_hanging_store_delays_no_evaluation_and_a_failing_one_changes_nothing(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overriding, "FRESH", -1.0)
    kill(context)
    hang = threading.Event()
    overrides = Overrides(lambda: context.store)
    assert settled(overrides, context) == {"checkout": "off"}
    overrides.store = lambda: (hang.wait(10), context.store)[1]
    assert [overrides.current(context.now) for _ in range(3)] == [{"checkout": "off"}] * 3
    hang.set()
    context.store.down = True
    overrides.store = lambda: context.store
    assert settled(overrides, context) == {"checkout": "off"}


def test_the_digest_lists_the_overrides(context: FakeContext) -> None:
    kill(context)
    (note,) = overview("digest", [], {}, context).notes
    assert note["text"] == "The flag checkout is overridden: off until 10:00, by me: it charges twice"
