"""Expressions, whatever the data: the getter agrees with jaq, integers stay exact, and a killed child is replaced."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from threading import Timer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.expressions.evaluator import JaqEvaluator
from shared.errors import ExpressionError
from shared.ports.evaluator import Evaluation, Evaluator
from shared.values import finite_json
from shared.workflows.evaluator import CheckedEvaluator
from shared.workflows.jq_paths import getter

NAMES = ("a", "b", "a b", "é")
integers = st.integers(-(2**63), 2**63 - 1)
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | st.text()
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=12
)
steps = st.sampled_from(
    [".a", ".b", '."a b"', '["a"]', '["é"]', '.["b"]', "[0]", "[1]", "[-1]", "[-2]", ".[0]", "[00]", '[""]']
)
paths = st.lists(steps, max_size=4).map("".join).map(lambda path: path if path[:1] == "." else f".{path}")
literals = st.sampled_from(["1", "-1", "0", "-0", "-0.0", "1.50", '"a"', '"é😀"', "null", "true", "false", "[]", "{}"])
sources = paths | st.builds("$v{}".format, st.lists(steps, max_size=4).map("".join)) | literals


@pytest.fixture(scope="module")
def jaq() -> Iterator[JaqEvaluator]:
    evaluator = JaqEvaluator(children=1)
    yield evaluator
    evaluator.close()


def outcome(evaluator: Evaluator, source: str, data: Any, variable: Any) -> Any:
    try:
        return evaluator.evaluate([Evaluation(source, data, {"v": variable})])
    except ExpressionError as error:
        return error.reason


@given(source=sources, data=documents, variable=documents)
def test_a_simple_expression_has_the_same_outcome_in_process_and_in_the_child(
    jaq: JaqEvaluator, source: str, data: Any, variable: Any
) -> None:
    assert getter(source) is not None
    simple, full = (outcome(evaluator, source, data, variable) for evaluator in (CheckedEvaluator(jaq), jaq))
    assert repr(simple) == repr(full)


pieces = st.sampled_from(
    [
        "halt",
        ".",
        '"',
        "\\(",
        ")",
        "(",
        "{",
        "}",
        ":",
        ",",
        "|",
        "#",
        "\n",
        "\r",
        "\\",
        "a",
        "1",
        "[",
        "]",
        "if ",
        " end",
        "@text ",
    ]
)


@given(program=st.lists(pieces, max_size=9).map("".join))
def test_no_program_ends_the_child_by_a_forbidden_word(jaq: JaqEvaluator, program: str) -> None:
    assert outcome(CheckedEvaluator(jaq), program, {"a": 1}, None) != "died"


@given(number=integers)
def test_an_integer_of_64_bits_is_exact_on_every_way(jaq: JaqEvaluator, number: int) -> None:
    ways = (
        ".",
        ".[0]?, .",
        "$v",
        "[.][0]",
        "{a: .} | .a",
        "tojson | fromjson",
        "tostring | tonumber",
        f"{number}",
        "-(-.)",
    )
    ways = tuple(f"first({way})" for way in ways)
    assert jaq.evaluate([Evaluation(way, number, {"v": number}) for way in ways]) == [number] * len(ways)


@given(data=documents)
def test_data_come_back_as_they_went_in(jaq: JaqEvaluator, data: Any) -> None:
    assert finite_json.fault(data) is None
    assert repr(jaq.evaluate([Evaluation("[.]", data, {}), Evaluation("$v | .", None, {"v": data})])) == repr(
        [[data], data]
    )


@settings(max_examples=12)
@given(moment=st.floats(0, 0.02))
def test_after_a_child_was_killed_at_any_moment_the_next_call_works(jaq: JaqEvaluator, moment: float) -> None:
    assert outcome(jaq, ". + 1", 1, None) == [2]
    killer = Timer(moment, kill, jaq.pids)
    killer.start()
    while killer.is_alive():
        assert outcome(jaq, "[range(2000)] | add", None, None) in ([1999000], "died")
    killer.join()
    assert outcome(jaq, ". + 1", 1, None) in ([2], "died")
    assert outcome(jaq, ". + 1", 1, None) == [2]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
