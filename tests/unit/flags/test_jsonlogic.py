"""JsonLogic where JavaScript, Python and flagd's evaluator could differ; the conformance tests compare the rest."""

from typing import Any

import pytest

from shared.flags.jsonlogic.compiler import UnknownOperationError, compiled

SAME = [1]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"==": [{"var": "list"}, {"var": "list"}]}, True),
        ({"==": [{"var": "list"}, [1]]}, False),
        ({"==": [[], []]}, False),
        ({"===": [{"var": "list"}, [1]]}, True),
        ({"==": [1, "1"]}, True),
        ({"==": [None, 0]}, True),
        ({"!": [[]]}, True),
        ({"!!": [{}, 1]}, True),
        ({"<": [1, {"var": "n"}, 9]}, True),
        ({"<": ["10", "9"]}, True),
        ({"<": ["10", 9]}, False),
        ({"in": ["ell", "hello"]}, True),
        ({"in": [{"var": "n"}, ["5", "a"]]}, False),
        ({"all": [[], True]}, False),
        ({"none": [[], True]}, True),
        ({"reduce": [{"var": "list"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 10]}, 11),
        ({"substr": ["jsonlogic", -5, -2]}, "log"),
        ({"missing": ["n", "nothing"]}, ["nothing"]),
        ({"if": [False, 1, 0, 2, 3]}, 3),
        ({"var": ["nothing", 7]}, 7),
        ({"cat": [1, " ", 2.5]}, "1 2.5"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
    ],
)
def test_a_rule_has_the_result_that_flagd_computes(rule: Any, expected: Any) -> None:
    assert compiled(rule)({"list": SAME, "n": 5}) == expected


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(UnknownOperationError) as error:
        compiled({"if": [{"vra": "x"}, 1]})
    assert error.value.name == "vra"
