"""Overrides of flags: each evaluation uses those in force now, and waits for the store only a moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from functions.digest_sender.overview import overview
from shared.errors import Conflict, NotFound
from shared.ports import Doc, Store
from shared.services.flags.overrides import Known, Overrides, in_force, override, release, remembered
from tests.support.fakes import FakeContext, FakeStore

HOUR = timedelta(hours=1)


def kill(context: FakeContext, flag: str = "checkout") -> None:
    override(flag, "off", context.store, who="me", why="it charges twice", until=context.now + HOUR, now=context.now)


def test_an_override_is_in_force_until_its_end_or_its_release(context: FakeContext) -> None:
    kill(context)
    kill(context, "search")
    assert [doc.id for doc in in_force(context.store, context.now)] == ["checkout", "search"]
    release("search", context.store, who="me", now=context.now)
    assert [doc.id for doc in in_force(context.store, context.now)] == ["checkout"]
    assert in_force(context.store, context.now + HOUR) == []
    with pytest.raises(NotFound):
        release("search", context.store, who="me", now=context.now)


def test_each_flag_keeps_the_history_of_its_overrides(context: FakeContext) -> None:
    kill(context)
    context.clock.advance(minutes=5)
    override("checkout", "on", context.store, who="eve", why="fixed", until=context.now + HOUR, now=context.now)
    context.clock.advance(minutes=5)
    release("checkout", context.store, who="bob", now=context.now)
    (doc,) = remembered(context.store, context.now)
    first, second = doc.data["history"]
    assert (first["variant"], first["who"], first["why"]) == ("off", "me", "it charges twice")
    assert (second["variant"], second["who"], second["why"], second["released_by"]) == ("on", "eve", "fixed", "bob")
    assert (second["until"], second["released_at"]) == ("2026-11-20T10:05:00.000000Z", "2026-11-20T09:10:00.000000Z")


def test_two_people_who_override_at_once_do_not_lose_each_other(context: FakeContext) -> None:
    kill(context)
    read = context.store.get

    def meanwhile(path: str) -> Doc | None:
        doc = read(path)
        context.store.get = read  # type: ignore[method-assign]
        kill(context)
        return doc

    context.store.get = meanwhile  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        kill(context)
    (doc,) = remembered(context.store, context.now)
    assert len(doc.data["history"]) == 2


def test_the_first_evaluation_uses_an_override_and_so_does_every_one_until_its_end(context: FakeContext) -> None:
    kill(context)
    overrides = Overrides(lambda: context.store)
    assert overrides.current(context.now) == Known({"checkout": "off"}, is_stale=False)
    context.clock.advance(hours=1)
    assert overrides.current(context.now).variants == {}


def test_the_first_evaluation_after_idle_time_uses_what_is_true_now(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = Overrides(lambda: context.store)
    assert overrides.current(context.now).variants == {}
    kill(context)
    assert overrides.current(context.now).variants == {}
    monkeypatch.setattr(overrides.asking, "every", -1.0)
    assert overrides.current(context.now).variants == {"checkout": "off"}
    release("checkout", context.store, who="me", now=context.now)
    assert overrides.current(context.now).variants == {}


def test_the_store_is_read_once_within_a_few_seconds_whatever_the_number_of_threads(context: FakeContext) -> None:
    reads: list[Store] = []

    def store() -> FakeStore:
        reads.append(context.store)
        return context.store

    overrides = Overrides(store)
    with ThreadPoolExecutor(8) as threads:
        known = list(threads.map(lambda _: overrides.current(context.now), range(40)))
    assert len(reads) == 1
    assert known == [Known({}, is_stale=False)] * 40


def test_a_silent_store_leaves_what_was_last_read_and_says_that_it_is_stale(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(context)
    speaks = threading.Event()
    overrides = Overrides(lambda: context.store)
    assert overrides.current(context.now) == Known({"checkout": "off"}, is_stale=False)
    monkeypatch.setattr(overrides.asking, "every", 0.0)
    overrides.store = lambda: (speaks.wait(10), context.store)[1]
    assert overrides.current(context.now) == Known({"checkout": "off"}, is_stale=True)
    speaks.set()
    overrides.asking.wait()
    context.store.down = True
    assert overrides.current(context.now) == Known({"checkout": "off"}, is_stale=True)


def test_a_clock_that_is_set_back_hides_no_override(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    overrides = Overrides(lambda: context.store)
    assert overrides.current(context.now).variants == {}
    context.clock.advance(hours=-1)
    kill(context)
    monkeypatch.setattr(overrides.asking, "every", -1.0)
    assert overrides.current(context.now) == Known({"checkout": "off"}, is_stale=False)


def test_the_digest_lists_the_overrides(context: FakeContext) -> None:
    kill(context)
    (note,) = overview("digest", [], {}, context).notes
    assert note["text"] == "The flag checkout is overridden: off until 10:00, by me: it charges twice"
