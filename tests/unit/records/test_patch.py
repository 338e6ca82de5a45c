"""JSON Patch between two bodies (RFC 6902)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.records.patch import applied, difference, entries, same

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3)
VALUES = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(st.text(max_size=2), LEAVES, max_size=2)
PARTS = st.dictionaries(st.text("a/~", max_size=3), VALUES, max_size=4)
BODIES = st.fixed_dictionaries({"schema": st.integers(1, 3), "values": PARTS}) | st.just({})


@given(BODIES, BODIES)
def test_the_patch_makes_the_one_of_the_other_and_the_inverse_makes_it_again(before: Any, after: Any) -> None:
    assert same(applied(before, difference(before, after)), after)
    assert same(applied(after, difference(after, before)), before)


@given(BODIES)
def test_equal_bodies_have_an_empty_patch(body: Any) -> None:
    assert difference(body, body) == []


def test_a_field_is_changed_as_a_whole_and_its_path_is_a_json_pointer() -> None:
    before = {"values": {"mrr": {"amount": 1, "currency": "eur"}, "gone": 1}}
    after = {"values": {"mrr": {"amount": 2, "currency": "eur"}, "a/b~c": True}}
    assert difference(before, after) == [
        {"op": "add", "path": "/values/a~1b~0c", "value": True},
        {"op": "remove", "path": "/values/gone"},
        {"op": "replace", "path": "/values/mrr", "value": {"amount": 2, "currency": "eur"}},
    ]
    assert entries(difference(before, after), "values") == {"a/b~c", "gone", "mrr"}


def test_true_is_not_1() -> None:
    assert difference({"values": {"n": 1}}, {"values": {"n": True}}) != []


@pytest.mark.parametrize("op", ["add", "remove", "replace"])
def test_a_patch_that_was_made_for_another_body_is_refused(op: str) -> None:
    body = {"values": {"name": "x"}} if op == "add" else {"values": {}}
    with pytest.raises(KeyError):
        applied(body, [{"op": op, "path": "/values/name", "value": "y"}])
