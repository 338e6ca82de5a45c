"""Kinds, as their models declare them."""

import pytest

from shared.records import Moment, Record, upcast
from shared.records.kind import InvalidValues, Kind, Outdated
from shared.records.model import WrongKind
from shared.records.text import control
from tests.support.kinds import CUSTOMER, PROJECT, Customer


def test_the_marks_of_a_field_are_found_at_any_depth() -> None:
    fields = CUSTOMER.fields
    assert [name for name, field in fields.items() if field.is_key] == ["email"]
    assert [name for name, field in fields.items() if field.is_personal] == ["name", "email"]
    assert {name: field.system for name, field in fields.items() if field.system} == {
        "stripe_id": "stripe", "shopify_id": "shopify",
    }  # fmt: skip
    assert [name for name, field in fields.items() if field.is_listed] == ["plan"]
    assert PROJECT.fields["customer"].refers_to == "customer"
    assert PROJECT.fields["customer"].is_listed, "a list of what refers to a record needs an index"


def test_every_value_that_does_not_fit_is_named_at_once_and_with_what_was_meant() -> None:
    with pytest.raises(InvalidValues) as refused:
        CUSTOMER.parsed({"plan": "gold", "emial": "x", "mrr": 3, "name": "Ada"})
    assert str(refused.value).splitlines() == [
        "customer.plan: expected 'free' or 'pro', found 'gold'",
        "customer.emial: expected a field of customer, found none of this name (did you mean email?)",
        "customer.mrr: expected money such as 129.00 EUR, found 3",
    ]


def test_values_are_stored_as_json_and_null_stays() -> None:
    assert CUSTOMER.parsed({"mrr": {"amount": 900, "currency": "eur"}, "email": None}) == {
        "mrr": {"amount": 900, "currency": "eur"}, "email": None,
    }  # fmt: skip


def test_half_of_a_surrogate_pair_is_stored_as_utf_8_can_encode_it() -> None:
    assert CUSTOMER.parsed({"name": "A\ud800", "tags": ["\ud800"]}) == {"name": "A?", "tags": ["?"]}


def test_old_values_go_through_every_upcaster() -> None:
    assert CUSTOMER.current({"label": "Ada"}, 1) == {"plan": "free", "name": "Ada"}
    assert CUSTOMER.current({"label": "Ada", "plan": "pro"}, 2) == {"plan": "pro", "name": "Ada"}
    assert CUSTOMER.current({"name": "Ada"}, 3) == {"name": "Ada"}


def test_a_version_without_an_upcaster_is_named() -> None:
    class Note(Record, kind="note", version=2):
        text: str

    with pytest.raises(Outdated, match="an upcaster of note from version 1, found none"):
        Kind(Note).current({}, 1)


def test_a_second_upcaster_from_a_version_is_refused() -> None:
    with pytest.raises(WrongKind, match="from version 1 of Customer, found two"):
        upcast(Customer, 1)(lambda values: values)


def test_a_header_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(WrongKind, match="found verison"):
        type("Note", (Record,), {}, kind="note", verison=2)


def test_a_moment_needs_a_zone_and_is_stored_so_that_the_order_of_texts_is_that_of_time() -> None:
    class Visit(Record, kind="visit"):
        at: Moment | None = None

    kind = Kind(Visit)
    assert kind.parsed({"at": "2026-11-28T01:30:00.5+02:00"}) == {"at": "2026-11-27T23:30:00.500000Z"}
    assert kind.parsed({"at": "2026-11-27T23:30:00.500000Z"}) == {"at": "2026-11-27T23:30:00.500000Z"}
    with pytest.raises(InvalidValues, match="timezone"):
        kind.parsed({"at": "2026-11-28T01:30:00"})
    assert control(kind.fields["at"]) == "time"


def test_a_title_takes_the_first_alternative_that_is_set() -> None:
    class Person(Record, kind="person", title="{name|email} ({plan})"):
        name: str | None = None
        email: str | None = None
        plan: str | None = None

    kind = Kind(Person)
    assert kind.title({"email": "ada@example.com", "plan": "pro"}) == "ada@example.com (pro)"
    assert kind.title({"name": "Ada", "email": "ada@example.com", "plan": "pro"}) == "Ada (pro)"


def test_the_title_names_a_record_and_reads_nothing_but_values() -> None:
    assert CUSTOMER.title({"name": "Ada"}) == "Ada"
    assert CUSTOMER.title({}) == "(without a title)"

    class Note(Record, kind="note", title="{text.__class__} {text}"):
        text: str

    assert Kind(Note).title({"text": "a\nb"}) == "a b"
