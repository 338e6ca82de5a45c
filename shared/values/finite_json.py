"""JSON that every store keeps as it is: finite numbers, integers of 64 bits, Unicode text, not too deep."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

MAX_DEPTH = 100
_INTEGERS = range(-(2**63), 2**63)
_SURROGATE = re.compile("[\ud800-\udfff]")


def fault(value: object) -> str | None:
    """Why *value* is not such JSON; None if it is."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        if (complaint := next(filter(None, map(_own_fault, level)), None)) is not None:
            return complaint
        if not (level := [part for parent in level if isinstance(parent, dict | list) for part in _parts(parent)]):
            return None
    return f"expected at most {MAX_DEPTH} levels, found more"


def _parts(parent: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return parent.values() if isinstance(parent, dict) else parent


def _own_fault(value: object) -> str | None:
    """What is wrong with *value* itself, whatever it contains."""
    check = _CHECKS.get(type(value))
    return check(value) if check else f"expected JSON, found {type(value).__name__}"


def _of_number(value: float) -> str | None:
    return None if math.isfinite(value) else "expected a finite number, found NaN or an infinite one"


def _of_integer(value: int) -> str | None:
    return None if value in _INTEGERS else "expected an integer of at most 64 bits, found a larger one"


def _of_text(value: str) -> str | None:
    return None if value.isascii() or not _SURROGATE.search(value) else "expected text, found half of a character"


def _of_object(value: dict[Any, Any]) -> str | None:
    wrong = next((key for key in value if not isinstance(key, str)), None)
    return f"expected text as a key, found {type(wrong).__name__}" if wrong is not None else _of_keys(value)


def _of_keys(value: dict[str, Any]) -> str | None:
    return next(filter(None, map(_of_text, value)), None)


_CHECKS: dict[type, Callable[[Any], str | None]] = {
    str: _of_text,
    int: _of_integer,
    float: _of_number,
    dict: _of_object,
    bool: lambda _: None,
    type(None): lambda _: None,
    list: lambda _: None,
}
