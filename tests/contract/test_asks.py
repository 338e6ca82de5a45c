"""Asks on every store: what is open is listed in order and counted, an answer is created once, proposals are numbered."""

from datetime import timedelta

import pytest

from shared.asks.record_proposal import KEEP
from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.ports import Store
from shared.services.asks.answers import answer, answer_of, answering, expire, withdraw
from shared.services.asks.asks import count_open, open_about, open_ask, open_asks, stored
from shared.services.asks.decisions import decide
from shared.services.records.edits import edit
from shared.services.records.observations import observe
from tests.support.asks import ME_ACTOR, RUN, customer, proposed, question, said
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME


@pytest.fixture
def context(store: Store) -> FakeContext:
    context = FakeContext(kinds=KINDS)
    context.store = store  # type: ignore[assignment]
    return context


def asked(context: FakeContext, name: str, minutes: int | None) -> str:
    """An ask of the run *name* that can be answered for *minutes*."""
    until = None if minutes is None else iso(context.now + timedelta(minutes=minutes))
    id, ask = question(context, about=f"run/{name}", open_about=f"run/{name}", decide_by=until)
    assert open_ask(id, ask, context)
    context.clock.advance(seconds=1)
    return id


def test_open_asks_are_listed_by_deadline_and_age_until_they_end(context: FakeContext) -> None:
    late, waits, soon, older = (asked(context, name, by) for name, by in (("a", 9), ("b", None), ("c", 1), ("d", None)))
    assert [doc.id for doc in open_asks(context, 9)] == [soon, late, waits, older]
    assert [doc.id for doc in open_about("run/b", context)] == [waits]
    answer(late, "deny", ME_ACTOR, context)
    withdraw(waits, RUN, context, reason="The run ended.")
    context.clock.advance(minutes=2)
    assert ([doc.id for doc in open_asks(context, 9)], count_open(context)) == ([older], 1)
    assert list(open_about("run/b", context)) == []
    assert stored(soon, context).state == "expired"
    assert expire(older, context) is None
    ended = expire(soon, context)
    assert ended == stored(soon, context).answer
    assert expire(late, context) == stored(late, context).answer


def test_the_same_question_is_one_ask_and_of_two_answers_one_is_kept(context: FakeContext) -> None:
    id, ask = question(context)
    assert (open_ask(id, ask, context), open_ask(id, ask, context)) == (True, False)
    known = stored(id, context)
    context.store.commit(answering(known.doc, answer_of("approve", ME_ACTOR, context)))
    with pytest.raises((AlreadyExists, Conflict)):
        context.store.commit(answering(known.doc, answer_of("deny", ME_ACTOR, context)))
    kept = stored(id, context).answer
    assert kept is not None
    assert kept["option"] == "approve"
    assert not open_ask(id, ask, context)


def test_proposals_are_numbered_replaced_and_remembered(context: FakeContext) -> None:
    record = customer(context)
    first = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert observe(said("shopify", 2, email="ada@y.io"), OWNERS, context).ask == first
    assert first is not None
    decide(first, KEEP, ME_ACTOR, context)
    assert observe(said("shopify", 3, email="ada@y.io"), OWNERS, context).ask is None
    second = observe(said("shopify", 4, email="ada@z.io"), OWNERS, context).ask
    assert second is not None
    assert stored(second, context).ask["topic"] == f"customer/{record}/shopify/00000002"
    mine = edit(CUSTOMER, record, {"email": None}, ME, OWNERS, context).ask
    assert mine is not None
    assert proposed(context) == {("shopify", "email"): "ada@z.io", ("opos", "email"): None}
    decide(mine, "apply", ME_ACTOR, context)
    assert [doc.data["content"]["fields"]["email"]["now"] for doc in open_asks(context, 9)] == []
