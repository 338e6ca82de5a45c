from typing import Any

import pytest

from shared.values.finite_json import MAX_DEPTH, fault


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [None, True, 1, 1.5, "é😀", [], {}, {"a": [1, {"b": None}]}, 2**63 - 1, -(2**63), nested(MAX_DEPTH - 1)]
)
def test_json_that_every_store_keeps_has_no_fault(value: Any) -> None:
    assert fault(value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "finite"), (float("-inf"), "finite"), (2**63, "64 bits"), (-(2**63) - 1, "64 bits"),
        ("\ud800", "half of a character"), ({"\ud800": 1}, "half of a character"), ({1: 2}, "text as a key"),
        (b"x", "found bytes"), ({"a": [{"b": (1,)}]}, "found tuple"), (nested(MAX_DEPTH), "levels"),
        ([1, [2, float("inf")]], "finite"),
    ],
)  # fmt: skip
def test_a_fault_says_what_was_expected(value: Any, words: str) -> None:
    assert words in (fault(value) or "")
