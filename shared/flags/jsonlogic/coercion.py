"""How JsonLogic converts values to numbers, texts and booleans, and how it compares them.

It follows JavaScript, except where flagd's evaluator in Python differs: an empty text is not a number, and a boolean as
text is `True` or `False`. Sources: jsonlogic.com, "Supported Operations" and "Truthy and Falsy"; measured on
openfeature-flagd-core 2.0.0.
"""

from collections.abc import Callable
from math import isnan, nan
from typing import Any

_INFINITE = frozenset({"inf", "+inf", "-inf"})


def number(value: Any) -> float:
    """*value* as a number, or NaN."""
    if isinstance(value, int | float):
        return value
    if value is None:
        return 0
    if isinstance(value, list):
        return 0 if not value else number(value[0]) if len(value) == 1 else nan
    if not isinstance(value, str) or value.strip().lower() in _INFINITE:
        return nan
    try:
        return float(value)
    except ValueError:
        return nan


def text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list):
        return ",".join(map(text, value))
    return "null" if value is None else "[object Object]" if isinstance(value, dict) else str(value)


def truth(value: Any) -> bool:
    """Empty lists, empty texts, zero and NaN are false; an empty object is true."""
    if isinstance(value, dict):
        return True
    return bool(value) and not (isinstance(value, float) and isnan(value))


def equal(a: Any, b: Any) -> bool:
    """`==`, which converts its operands. Two lists or objects are equal only if they are the same object."""
    if type(a) is type(b):
        return a is b if isinstance(a, list | dict) else bool(a == b)
    if isinstance(a, int | float) or isinstance(b, int | float):
        return _equal_numbers(a, b)
    if a is None or b is None or (isinstance(a, list | dict) and isinstance(b, list | dict)):
        return False
    return text(a) == text(b)


def _equal_numbers(a: Any, b: Any) -> bool:
    return bool(number(a) == number(b))


def ordered(is_ordered: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """*is_ordered* for any two values: it compares texts if one is a text and neither is a number, else numbers."""

    def compare(a: Any, b: Any) -> bool:
        numeric = isinstance(a, int | float) or isinstance(b, int | float)
        if not numeric and (isinstance(a, str) or isinstance(b, str)):
            return is_ordered(text(a), text(b))
        return is_ordered(number(a), number(b))

    return compare


def var(data: Any, key: Any = None, default: Any = None) -> Any:
    """The value at *key* in *data*, a path of keys and positions joined by dots; *default* if there is none."""
    if key is None or key == "":
        return data
    if isinstance(key, int | float):
        if isinstance(data, list | str):
            item = _at(data, key)
            return default if item is None else item
        data = data.get(key) if isinstance(data, dict) else None
        if data is None:
            return default
    for part in text(key).split("."):
        data = _step(data, part)
        if data is None:
            return default
    return data


def _at(data: Any, position: float) -> Any:
    whole = position == int(position) if position == position and abs(position) < 1e15 else False  # noqa: PLR0124, PLR2004
    return data[int(position)] if whole and 0 <= position < len(data) else None


def _step(data: Any, part: str) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    if not isinstance(data, list | str):
        return None
    if part == "length":
        return len(data)
    return (
        data[int(part)]
        if part.isascii() and part.isdigit() and str(int(part)) == part and int(part) < len(data)
        else None
    )
