"""Expressions that need no evaluator: literals and simple paths (`.a.b[0]`, `$context["a b"]`), with jq's meaning."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from shared.errors import ExpressionError

Getter = Callable[[Any, Mapping[str, Any]], Any]
"""The result of an expression for an input and variables; raises ExpressionError where jq has an error."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TEXT = r'"[^"\\\x00-\x1f]*"'
_STEP = re.compile(rf"\.({_NAME})|\.({_TEXT})|\.?\[({_TEXT})\]|\.?\[(-?[0-9]{{1,9}})\]")
_PATH = re.compile(rf"(?:\$(?P<variable>{_NAME})|\.\Z|(?=\.))(?P<steps>(?:{_STEP.pattern})*)")
_LITERAL = re.compile(rf"{_TEXT}|-?(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]{{1,15}})?|null|true|false|\[\]|\{{\}}")


@lru_cache(maxsize=1024)
def getter(source: str) -> Getter | None:
    """How to evaluate *source* in this process; None if it needs the evaluator."""
    source = source.strip(" \n\t")
    if _LITERAL.fullmatch(source):
        return lambda _value, _variables: json.loads(source)
    if (path := _PATH.fullmatch(source)) is None:
        return None
    return _along(path["variable"], tuple(_key(*step.groups()) for step in _STEP.finditer(path["steps"])))


def _key(name: str | None, dotted: str | None, bracketed: str | None, number: str | None) -> str | int:
    quoted = dotted or bracketed
    return name or (quoted[1:-1] if quoted else int(number or 0))


def _along(variable: str | None, steps: tuple[str | int, ...]) -> Getter:
    def get(value: Any, variables: Mapping[str, Any]) -> Any:
        value = value if variable is None else _variable(variable, variables)
        for step in steps:
            value = _item(value, step)
        return value

    return get


def _variable(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        raise ExpressionError(f"expected a variable that exists here, found ${name}")
    return variables[name]


def _item(value: Any, key: str | int) -> Any:
    """`.[key]`. As in the evaluator, an object has no value for a number; jq itself has an error there."""
    if value is None:
        return None
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else None
    raise ExpressionError(f"cannot index {_kind(value)} with {json.dumps(key, ensure_ascii=False)}")


def _kind(value: object) -> str:
    kinds = ((bool, "a boolean"), (int | float, "a number"), (str, "a text"), (list, "an array"))
    return next((kind for type_, kind in kinds if isinstance(value, type_)), "what is not JSON")
