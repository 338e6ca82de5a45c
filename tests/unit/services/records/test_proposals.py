"""What belongs to another system waits as an ask: opened once, replaced by a later word, and withdrawn when it is moot."""

from typing import Any

import pytest

from shared.asks.record_proposal import APPLY, KEEP
from shared.services.asks.answers import AlreadyAnswered, NoSuchOption, Outdated
from shared.services.asks.asks import stored as stored_ask
from shared.services.asks.decisions import decide
from shared.services.records.changes import changes_of
from shared.services.records.edits import edit, set_state
from shared.services.records.observations import observe
from shared.services.records.record import stored
from tests.support.asks import ME_ACTOR, customer, opened, proposed, said
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.operation_counter import CountingStore
from tests.support.records import ME


@pytest.fixture
def context() -> FakeContext:
    return FakeContext(kinds=KINDS)


def values(record: str, context: FakeContext) -> dict[str, Any]:
    kept = stored(CUSTOMER, record, context)
    assert kept is not None
    return kept.values


def test_an_edit_of_a_field_that_stripe_owns_becomes_an_ask_and_sets_the_rest_in_one_commit(
    context: FakeContext,
) -> None:
    record = customer(context)
    commits = len(context.store.commits)
    edited = edit(CUSTOMER, record, {"name": "Ada L.", "is_vip": True}, ME, OWNERS, context)
    assert len(context.store.commits) - commits <= 2, "the second one notes that the change was announced"
    assert values(record, context)["name"] == "Ada"
    assert values(record, context)["is_vip"] is True
    (doc,) = opened(context)
    assert doc.id == edited.ask
    assert doc.data["title"] == "Set name of Ada here?"
    assert doc.data["about"] == f"customer/{record}"
    assert doc.data["asker"] == ME_ACTOR
    assert doc.data["content"]["fields"]["name"] | {"at": "", "by": ""} == {
        "owner": "stripe", "now": "Ada", "value": "Ada L.", "at": "", "by": "",
    }  # fmt: skip
    assert "lasts until stripe says otherwise" in doc.data["why"]


def test_an_edit_of_nothing_else_opens_the_ask_alone(context: FakeContext) -> None:
    record = customer(context)
    n = len(changes_of(record, context))
    edited = edit(CUSTOMER, record, {"name": "Ada L."}, ME, OWNERS, context)
    assert (edited.change, edited.ask) == (None, opened(context)[0].id)
    assert len(changes_of(record, context)) == n


def test_a_field_that_opos_owns_becomes_an_ask_of_the_feed_that_says_otherwise(context: FakeContext) -> None:
    record = customer(context)
    edit(CUSTOMER, record, {"is_vip": True}, ME, OWNERS, context)
    context.clock.advance(days=1)
    ask = observe(said("stripe", 1, name="Ada", is_vip=False), OWNERS, context).ask
    assert ask is None, "it was said before the operator set it"
    later = said("stripe", 1, is_vip=False)._replace(at="2026-11-21T09:00:00.000000Z")
    ask = observe(later, OWNERS, context).ask
    assert ask == opened(context)[0].id
    assert opened(context)[0].data["title"] == "Set is_vip of Ada as stripe says?"
    assert opened(context)[0].data["why"] == "is_vip belongs to you."
    assert values(record, context)["is_vip"] is True


def test_the_same_proposal_from_a_redelivery_a_replay_or_a_later_event_is_one_ask(context: FakeContext) -> None:
    customer(context)
    first = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    for again in (said("shopify", 1, email="ada@y.io"), said("shopify", 2, email="ada@y.io")):
        assert observe(again, OWNERS, context).ask == first
    assert [doc.id for doc in opened(context)] == [first]
    assert len(list(context.store.query("asks"))) == 1


def test_a_newer_proposal_for_the_field_replaces_the_older_and_a_late_one_changes_nothing(context: FakeContext) -> None:
    customer(context)
    first = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    second = observe(said("shopify", 3, email="ada@z.io"), OWNERS, context).ask
    assert observe(said("shopify", 2, email="ada@q.io"), OWNERS, context).ask == second
    assert observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask == second
    assert proposed(context) == {("shopify", "email"): "ada@z.io"}
    assert first is not None
    replaced = stored_ask(first, context)
    assert replaced.state == "withdrawn"
    assert replaced.answer is not None
    assert second is not None
    assert replaced.answer["reason"] == f"Ask {second[:8]} replaces it."


def test_a_newer_proposal_for_another_field_keeps_what_was_proposed(context: FakeContext) -> None:
    record = customer(context)
    edit(CUSTOMER, record, {"name": "Ada L."}, ME, OWNERS, context)
    context.clock.advance(seconds=1)
    edit(CUSTOMER, record, {"email": "ada@y.io"}, ME, OWNERS, context)
    assert proposed(context) == {("opos", "name"): "Ada L.", ("opos", "email"): "ada@y.io"}
    assert len(opened(context)) == 1


def test_the_ask_is_withdrawn_when_the_owner_says_the_same_or_something_else_later(context: FakeContext) -> None:
    record = customer(context)
    for at, theirs in ((1, "ada@y.io"), (3, "ada@q.io")):
        ask = observe(said("shopify", at, email="ada@y.io" if at == 1 else "ada@z.io"), OWNERS, context).ask
        assert ask is not None
        observe(said("stripe", at + 1, email=theirs), OWNERS, context)
        assert opened(context) == []
        withdrawn = stored_ask(ask, context)
        assert withdrawn.state == "withdrawn"
        assert withdrawn.answer is not None
        assert withdrawn.answer["by"] == {"kind": "source", "name": "stripe"}
    assert values(record, context)["email"] == "ada@q.io"


def test_the_owner_may_repeat_itself_and_the_ask_stays(context: FakeContext) -> None:
    customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    observe(said("stripe", 2, email="ada@x.io"), OWNERS, context)
    assert [doc.id for doc in opened(context)] == [ask]


def test_a_feed_that_takes_its_proposal_back_withdraws_it(context: FakeContext) -> None:
    customer(context)
    observe(said("shopify", 1, email="ada@y.io"), OWNERS, context)
    assert observe(said("shopify", 2, email="ada@x.io"), OWNERS, context).ask is None
    assert opened(context) == []


def test_an_earlier_word_of_the_owner_asks_anew_with_what_the_record_says_now(context: FakeContext) -> None:
    customer(context)
    first = observe(said("shopify", 5, email="ada@y.io"), OWNERS, context).ask
    observe(said("stripe", 3, email="ada@q.io"), OWNERS, context)
    (doc,) = opened(context)
    assert doc.id != first
    assert doc.data["content"]["fields"]["email"]["now"] == "ada@q.io"


def test_deleting_the_record_withdraws_every_ask_about_it(context: FakeContext) -> None:
    record = customer(context)
    observe(said("shopify", 1, email="ada@y.io"), OWNERS, context)
    edit(CUSTOMER, record, {"name": "Ada L."}, ME, OWNERS, context)
    assert len(opened(context)) == 2
    set_state(CUSTOMER, record, "deleted", ME, context)
    assert opened(context) == []


def test_apply_sets_the_field_by_a_change_of_the_operator_that_the_ask_caused(context: FakeContext) -> None:
    record = customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    decide(ask, APPLY, ME_ACTOR, context, reason="She wrote to me.")
    assert values(record, context)["email"] == "ada@y.io"
    last = changes_of(record, context)[-1]
    assert (last["actor"], last["cause"], last["chain"]) == (ME_ACTOR, ask, ["event-shopify-1", ask])
    assert last["reason"] == "She wrote to me."
    assert opened(context) == []
    answered = stored_ask(ask, context)
    assert (answered.state, answered.answer and answered.answer["option"]) == ("answered", "apply")
    context.clock.advance(days=1)
    observe(said("stripe", 2, email="ada@x.io"), OWNERS, context)
    assert values(record, context)["email"] == "ada@y.io", "said before the operator decided"
    later = said("stripe", 3, email="ada@x.io")._replace(at="2026-11-22T00:00:00.000000Z")
    observe(later, OWNERS, context)
    assert values(record, context)["email"] == "ada@x.io", "a later word of the owner overwrites it"


def test_keep_drops_the_proposal_and_a_feed_does_not_ask_it_again_but_the_operator_may(context: FakeContext) -> None:
    record = customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    decide(ask, KEEP, ME_ACTOR, context)
    for again in (said("shopify", 1, email="ada@y.io"), said("shopify", 2, email="ada@y.io")):
        assert observe(again, OWNERS, context).ask is None
    assert values(record, context)["email"] == "ada@x.io"
    other = observe(said("shopify", 3, email="ada@z.io"), OWNERS, context).ask
    assert other == opened(context)[0].id
    mine = edit(CUSTOMER, record, {"name": "Ada L."}, ME, OWNERS, context).ask
    assert mine is not None
    decide(mine, KEEP, ME_ACTOR, context)
    again_mine = edit(CUSTOMER, record, {"name": "Ada L."}, ME, OWNERS, context).ask
    assert again_mine not in {None, mine}


def test_what_was_kept_of_one_field_is_remembered_when_another_is_proposed(context: FakeContext) -> None:
    record = customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    decide(ask, KEEP, ME_ACTOR, context)
    observe(said("shopify", 2, email="ada@y.io", name="Ada L."), OWNERS, context)
    assert proposed(context) == {("shopify", "name"): "Ada L."}
    assert values(record, context)["name"] == "Ada"


def test_an_answer_to_what_somebody_has_answered_says_who_was_quicker(context: FakeContext) -> None:
    customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    decide(ask, KEEP, ME_ACTOR, context, reason="A typo.")
    with pytest.raises(AlreadyAnswered, match=r"answered keep by me@example\.com at 2026-11-20T09:00:00.*: A typo\."):
        decide(ask, APPLY, ME_ACTOR, context)


def test_an_option_that_the_ask_does_not_have_is_named_with_those_that_it_has(context: FakeContext) -> None:
    customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    with pytest.raises(NoSuchOption, match=r"expected an option of the ask \(apply, keep\), found approve"):
        decide(ask, "approve", ME_ACTOR, context)


def test_an_answer_to_what_was_not_seen_is_refused(context: FakeContext) -> None:
    record = customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    with pytest.raises(Outdated):
        decide(ask, APPLY, ME_ACTOR, context, bound="another")
    assert values(record, context)["email"] == "ada@x.io"


def test_a_record_that_changed_behind_the_ask_is_not_overwritten(context: FakeContext) -> None:
    record = customer(context)
    ask = observe(said("shopify", 1, email="ada@y.io"), OWNERS, context).ask
    assert ask is not None
    path = f"records_customer/{record}"
    doc = context.store.docs[path]
    context.store.docs[path] = doc._replace(data={**doc.data, "values": {**doc.data["values"], "email": "ada@q.io"}})
    with pytest.raises(Outdated, match="expected email as the ask shows it"):
        decide(ask, APPLY, ME_ACTOR, context)
    assert values(record, context)["email"] == "ada@q.io"
    assert stored_ask(ask, context).state == "open"


def test_what_an_owner_repeats_costs_no_read_for_asks(context: FakeContext) -> None:
    customer(context)
    counting: Any = CountingStore(context.store)
    context.store = counting
    observe(said("stripe", 5, name="Ada", email="ada@x.io"), OWNERS, context)
    assert counting.billed["reads"] == 2, "the claim and the record"
