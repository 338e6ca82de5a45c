"""The keys by which stores list values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.records.derived import listed_fields
from tests.support.deals import DEAL, VALUES, rank


def key(name: str, value: Any) -> Any:
    stored = DEAL.parsed({name: value})[name]
    return next(listed for listed in listed_fields(DEAL) if listed.name == name).key(stored)


@pytest.mark.parametrize("name", [name for name in VALUES if name != "tags"])
@given(st.data())
def test_keys_are_ordered_as_values_are_and_equal_only_for_equal_values(name: str, data: st.DataObject) -> None:
    values = VALUES[name] | st.none()
    value, other = data.draw(values), data.draw(values)
    assert (key(name, value) < key(name, other)) == (rank(value) < rank(other))
    assert (key(name, value) == key(name, other)) == (rank(value) == rank(other))


@pytest.mark.parametrize("text", ["\U0001f600" * 400, "ẞ" * 400, "A" * 400, "a" * 199 + "ẞ" * 300])
def test_a_key_is_short_enough_for_an_index(text: str) -> None:
    assert len(key("name", text).encode()) < 1500
