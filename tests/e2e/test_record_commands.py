"""`opos records`: what the records of the company are, where that comes from, and how a person changes it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.events import iso
from shared.records.observation import Observation
from tests.support.bundle import Bundle
from tests.support.company import called, declare, made, printed, said
from tests.support.kinds import OWNERS


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """With the kinds of the tests, an hour ago: the commands have the time of the machine."""
    declare(embedded.folder)
    embedded.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    return embedded


def ada(bundle: Bundle) -> str:
    values = {"name": "Ada", "email": "ada@example.com", "mrr": {"amount": 900, "currency": "eur"}}
    at = iso(bundle.clock.now())
    return said(bundle, Observation("customer", "stripe", "cus_1", at, "e" * 32, values), OWNERS)


def test_show_says_of_each_field_its_value_and_where_it_came_from(bundle: Bundle) -> None:
    id = ada(bundle)
    shown = printed(bundle, "show", "customer", id[:6])
    assert shown.startswith(f"customer  {id}\n  Ada\n  change 1, ")
    assert "  mrr: 9.00 EUR\n      from stripe, event eeeeeeee, " in shown
    assert "  plan: free\n      default of the kind; owner: you\n" in shown
    assert shown.endswith("  Without a value: shopify_id\n")


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@example.com", "cus_1"])
def test_a_key_and_an_id_in_another_system_name_a_record(bundle: Bundle, name: str) -> None:
    id = ada(bundle)
    assert json.loads(printed(bundle, "show", "customers", name, "--json"))["id"] == id


def test_show_at_a_moment_is_the_record_of_then(bundle: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada"})
    shown = json.loads(printed(bundle, "show", "customer", id, "--at", "30m", "--json"))
    assert (shown["title"], shown["change"]) == ("Ada", 1)
    before = called(bundle, "show", "customer", id, "--at", "2h")
    assert before.exit_code == 1
    assert before.stderr.startswith("expected a time after ")


def test_a_reference_shows_the_title_of_its_record(bundle: Bundle) -> None:
    project = made(bundle, "project", {"name": "Engine", "customer": ada(bundle)})
    assert "  (Ada)\n" in printed(bundle, "show", "project", project)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["custmer", "x"], "expected a kind of record (customer, project), found 'custmer'. Did you mean customer"),
        (["customer", "nobody"], 'No customer matches "nobody".'),
    ],
)
def test_what_is_not_there_is_named(bundle: Bundle, words: list[str], said: str) -> None:
    done = called(bundle, "show", *words)
    assert done.exit_code == 1
    assert done.stderr.startswith(said)
