"""What an ask about proposed fields says."""

from shared.asks.ask import called, digest
from shared.asks.record_proposal import options, title, why
from shared.records.change import Actor
from shared.records.proposal import Proposed


def fields(**owners: str) -> dict[str, Proposed]:
    return {name: Proposed(owner=owner, now="a", value="b", at="", by="") for name, owner in owners.items()}


def test_the_question_names_the_fields_the_record_and_who_says_so() -> None:
    assert title("Ada", "shopify", fields(email="stripe")) == "Set email of Ada as shopify says?"
    assert (
        title("Ada", "opos", fields(name="stripe", email="stripe", plan="x")) == "Set email, name and plan of Ada here?"
    )
    assert title("Ada", "opos", fields(a="x", b="x", c="x", d="x")) == "Set 4 fields of Ada here?"
    assert title("\x1b[2J\n", "opos", fields(name="stripe")) == "Set name of [2J here?"


def test_it_says_whose_each_field_is_and_how_long_a_value_lasts() -> None:
    assert why(fields(plan="opos")) == "plan belongs to you."
    assert why(fields(name="stripe", email="stripe", plan="opos")) == (
        "plan belongs to you. email and name belong to stripe. opos cannot write to stripe yet, so a value set here "
        "lasts until stripe says otherwise. Set it there, too."
    )
    assert "until shopify or stripe says otherwise" in why(fields(name="stripe", tags="shopify"))


def test_the_words_of_a_button_fit_a_phone() -> None:
    assert [option["words"] for option in options(fields(email="stripe"))] == ["Set email", "Keep"]
    assert [option["words"] for option in options(fields(email="stripe", name="stripe"))] == ["Set 2 fields", "Keep"]


def test_who_asks_is_named_as_a_person_would() -> None:
    assert called(Actor(kind="person", name="me@example.com"), "me@example.com") == "you"
    assert called(Actor(kind="person", name="ann@example.com"), "me@example.com") == "ann@example.com"
    assert called(Actor(kind="source", name="stripe")) == "stripe"
    assert called(Actor(kind="run", name="3068")) == "run 3068"


def test_the_hash_of_what_is_bound_does_not_depend_on_the_order_of_its_names() -> None:
    assert (
        digest({"a": 1, "b": [None, "x"]}) == digest({"b": [None, "x"], "a": 1}) != digest({"a": 1, "b": [None, "y"]})
    )
