"""Asks: one answer wins however those who compete for it interleave, and proposals end alike in any order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.asks.answer import EXPIRED, WITHDRAWN, AnswerDoc, may_act, state
from shared.asks.ask import digest, open_after, place
from shared.asks.record_proposal import APPLY, KEEP
from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.records.history import folded
from shared.services.asks.answers import OPOS, AlreadyAnswered, Expired, Outdated, answer, expire, withdraw
from shared.services.asks.asks import count_open, open_ask, stored
from shared.services.asks.decisions import decide
from shared.services.records.changes import changes_of
from shared.services.records.edits import edit
from shared.services.records.observations import observe
from shared.services.records.record import stored as stored_record
from tests.property.test_interleaving import SCHEDULES, Turnstile
from tests.support.asks import ME_ACTOR, RUN, customer, opened, proposed, question, said
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME

MINUTES = st.integers(-3, 3)
ANSWERS = st.none() | st.sampled_from(["approve", "deny", EXPIRED, WITHDRAWN])


def answered(option: str | None, at: str) -> AnswerDoc | None:
    return AnswerDoc(option=option, by=ME_ACTOR, device="", at=at, reason="") if option else None


@given(ANSWERS, st.none() | MINUTES, st.none() | MINUTES)
def test_an_ask_has_one_state_and_only_its_own_answer_lets_anything_act(
    option: str | None, decide_in: int | None, act_in: int | None
) -> None:
    context = FakeContext()
    deadlines = {
        name: None if minutes is None else iso(context.now + timedelta(minutes=minutes))
        for name, minutes in (("decide_by", decide_in), ("act_by", act_in))
    }
    _, ask = question(context, **deadlines)
    now, said_ = iso(context.now), answered(option, iso(context.now))
    expected = {
        None: "expired" if decide_in is not None and decide_in <= 0 else "open",
        EXPIRED: EXPIRED,
        WITHDRAWN: WITHDRAWN,
    }
    assert state(ask, said_, now) == expected.get(option, "answered")
    is_listed = ask["place"] is not None and ask["place"] > open_after(now)
    assert is_listed == (state(ask, None, now) == "open"), "lists and counts need no tick"
    acts = {choice: may_act(ask, said_, choice, ask["bound"], now) for choice in ("approve", "deny")}
    is_in_time = act_in is None or act_in > 0
    assert acts == {choice: option == choice and is_in_time for choice in acts}
    assert not may_act(ask, said_, "approve", digest({"refund": 1}), now)


@given(st.lists(st.tuples(st.none() | st.integers(0, 5), st.integers(0, 5)), max_size=6))
def test_the_nearest_deadline_comes_first_and_then_the_oldest(asked: list[tuple[int | None, int]]) -> None:
    times = [(at if at is None else iso(FakeContext().now + timedelta(minutes=at)), made) for at, made in asked]
    places = sorted(times, key=lambda pair: place(pair[0], f"{pair[1]}"))
    assert places == sorted(times, key=lambda pair: (pair[0] is None, pair[0] or "", pair[1]))


COMPETITORS = st.lists(st.sampled_from(["approve", "deny", "expire", "withdraw", "ask again"]), min_size=2, max_size=4)


@given(COMPETITORS, SCHEDULES)
def test_whoever_answers_first_wins_and_everybody_else_learns_who_that_was(
    names: list[str], schedule: list[int]
) -> None:
    store = Turnstile()
    context, late = FakeContext(store=store), FakeContext(store=store)
    id, ask = question(context, decide_by=iso(context.now + timedelta(minutes=1)))
    assert open_ask(id, ask, context)
    late.clock.moment = context.now + timedelta(minutes=2)
    answers: list[AnswerDoc | None] = []

    def competes(name: str) -> Callable[[], object]:
        def step() -> None:
            try:
                acts: dict[str, Callable[[], AnswerDoc | None]] = {
                    "expire": lambda: expire(id, late),
                    "withdraw": lambda: withdraw(id, RUN, context, reason="The run was cancelled."),
                }
                if name == "ask again":
                    assert not open_ask(id, ask, context)
                else:
                    answers.append(acts.get(name, lambda: answer(id, name, ME_ACTOR, context))())
            except AlreadyAnswered as quicker:
                answers.append(quicker.answer)

        return step

    store.run([competes(name) for name in names], schedule)
    kept = stored(id, context)
    is_answered = any(name != "ask again" for name in names)
    assert (kept.answer is not None) == is_answered
    assert all(said_ == kept.answer for said_ in answers), "there is one answer, and everybody knows it"
    assert count_open(context) == (0 if is_answered else 1)
    assert kept.ask["bound"] == ask["bound"]


def test_an_answer_after_the_deadline_is_refused_and_nothing_is_written() -> None:
    context = FakeContext()
    id, ask = question(context, decide_by=iso(context.now))
    open_ask(id, ask, context)
    commits = len(context.store.commits)
    with pytest.raises(Expired, match="expired at 2026-11-20T09:00:00"):
        answer(id, "approve", ME_ACTOR, context)
    assert (stored(id, context).state, count_open(context)) == ("expired", 0)
    assert len(context.store.commits) == commits
    assert expire(id, context) == {"option": EXPIRED, "by": OPOS, "device": "", "at": iso(context.now), "reason": ""}


FEED = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["name", "email"]), st.sampled_from(["a@x.io", "b@x.io"])),
    min_size=1, max_size=5, unique_by=lambda word: word[:2],
)  # fmt: skip


@given(FEED, st.data())
def test_what_a_feed_proposes_is_the_same_in_any_order_and_however_often_it_comes(
    words: list[tuple[int, str, str]], data: st.DataObject
) -> None:
    ends = []
    for order in (words, data.draw(st.permutations([*words, *words[:2]]))):
        context = FakeContext(kinds=KINDS)
        customer(context)
        for at, field, value in order:
            observe(said("shopify", at, f"{at}-{field}", **{field: value}), OWNERS, context)
        assert len(opened(context)) == 1
        ends.append(proposed(context))
    assert ends[0] == ends[1]


STEPS = st.lists(
    st.sampled_from(["shopify y", "shopify z", "stripe y", "edit", "apply", "keep", "vip"]), min_size=2, max_size=4
)


@given(STEPS, SCHEDULES)
@example(["edit", "stripe y"], [0])
@example(["stripe y", "edit"], [0])
def test_however_changes_and_answers_interleave_an_ask_ends_once_and_the_history_adds_up(
    names: list[str], schedule: list[int]
) -> None:
    store = Turnstile()
    context = FakeContext(kinds=KINDS, store=store)
    record = customer(context)
    ask = observe(said("shopify", 1, email="ada@a.io"), OWNERS, context).ask
    assert ask is not None
    context.clock.advance(seconds=1)
    acts: dict[str, Callable[[], Any]] = {
        "shopify y": lambda: observe(said("shopify", 2, email="ada@y.io"), OWNERS, context),
        "shopify z": lambda: observe(said("shopify", 3, email="ada@z.io"), OWNERS, context),
        "stripe y": lambda: observe(said("stripe", 2, email="ada@y.io"), OWNERS, context),
        "edit": lambda: edit(CUSTOMER, record, {"email": "ada@e.io"}, ME, OWNERS, context),
        "vip": lambda: edit(CUSTOMER, record, {"is_vip": True}, ME, OWNERS, context),
        "apply": lambda: decide(ask, APPLY, ME_ACTOR, context),
        "keep": lambda: decide(ask, KEEP, ME_ACTOR, context),
    }
    outcomes: list[str] = []

    def step(name: str) -> Callable[[], None]:
        def act() -> None:
            while True:
                try:
                    acts[name]()
                    outcomes.append(name)
                except (Conflict, AlreadyExists):
                    continue
                except (AlreadyAnswered, Outdated):
                    pass
                return

        return act

    store.run([step(name) for name in names], schedule)
    kept = stored_record(CUSTOMER, record, context)
    assert kept is not None
    assert folded(changes_of(record, context)) == kept.body
    by_writer = [doc.data["content"]["writer"] for doc in opened(context)]
    assert len(by_writer) == len(set(by_writer)), "one open ask of each writer"
    decisions = [name for name in outcomes if name in {"apply", "keep"}]
    assert len(decisions) <= 1
    end = stored(ask, context)
    if decisions:
        assert end.answer is not None
        assert end.answer["option"] == decisions[0]
    caused = [change for change in changes_of(record, context) if change["cause"] == ask]
    assert len(caused) == decisions.count("apply"), "applied once, and only if that was the answer"
    for field, value in [pair for doc in opened(context) for pair in doc.data["content"]["fields"].items()]:
        assert value["now"] == kept.values[field] != value["value"], "an open ask shows the record as it is"
