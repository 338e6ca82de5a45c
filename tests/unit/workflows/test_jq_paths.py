import re
from typing import Any

import pytest

from shared.errors import ExpressionError
from shared.workflows.jq_paths import getter

DOCUMENT = {"a": {"b": [1, {"c d": 2}]}, "n": None, "big": 2**63 - 1}


def get(source: str) -> Any:
    path = getter(source)
    assert path is not None, source
    return path(DOCUMENT, {"x": DOCUMENT})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (".", DOCUMENT), (".a.b[0]", 1), (".a.b[-1]", {"c d": 2}), ('.a.b[1]["c d"]', 2), ('.a.b[1]."c d"', 2),
        (".a.b.[0]", 1), (".a.b[2]", None), (".a.b[-3]", None), (".z", None), (".z.y[0]", None), (".n.a", None),
        (".big", 2**63 - 1), ("$x", DOCUMENT), ("$x.a.b[0]", 1), ('$x["a"].b[0]', 1), (" .n ", None), (".a[0]", None),
        ('""', ""), ('"a b"', "a b"), ("1", 1), ("-1.5", -1.5), ("null", None), ("true", True), ("[]", []), ("{}", {}),
    ],
)  # fmt: skip
def test_a_simple_path_or_literal_has_its_value(source: str, value: Any) -> None:
    assert get(source) == value


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (".a.b.c", 'cannot index an array with "c"'),
        (".big.c", 'cannot index a number with "c"'),
        (".big[0]", "cannot index a number with 0"),
        ("$y.a", "expected a variable that exists here, found $y"),
    ],
)
def test_a_wrong_type_is_an_error(source: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(words)):
        get(source)


@pytest.mark.parametrize(
    "source",
    ["", ".a?", ".a | .b", ".a+1", ".[]", ".a[1:]", "..", ".a.", "[0]", '"\\(.a)"', '"\\u0000"', "01", "1e3", ".é", "a",
     ".[.a]", "$", "$x::y", ".a .b", "{a: 1}", "1" * 16, ".[9999999999]", "nan"],
)  # fmt: skip
def test_everything_else_needs_the_evaluator(source: str) -> None:
    assert getter(source) is None


def test_a_literal_is_a_new_value_each_time() -> None:
    get("[]").append(1)
    assert get("[]") == []
