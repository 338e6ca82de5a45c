"""What JsonLogic takes values for: numbers, texts, truths, and how it compares them.

It follows JavaScript but for what flagd's evaluators in Python agree on otherwise: an empty text is no number, and a
truth as text is `True`. Sources: jsonlogic.com, "Supported Operations" and "Truthy and Falsy"; measured on
openfeature-flagd-core 2.0.0.
"""

from collections.abc import Callable
from math import isnan, nan
from typing import Any

_INFINITE = frozenset({"inf", "+inf", "-inf"})


def number(value: Any) -> float:
    """*value* as a number; NaN where it is none."""
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
    """An empty list, text and zero are false, and so is NaN; an empty object is true."""
    if isinstance(value, dict):
        return True
    return bool(value) and not (isinstance(value, float) and isnan(value))


def equal(a: Any, b: Any) -> bool:
    """`==`, which converts; two lists or objects are equal only where they are the same one."""
    if type(a) is type(b):
        return a is b if isinstance(a, list | dict) else bool(a == b)
    if isinstance(a, int | float) or isinstance(b, int | float):
        return _equal_numbers(a, b)
    if a is None or b is None or (isinstance(a, list | dict) and isinstance(b, list | dict)):
        return False
    return text(a) == text(b)


def _equal_numbers(a: Any, b: Any) -> bool:
    return bool(number(a) == number(b))


def ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """The comparison *holds* of any two values: of numbers where one is a number, else of texts where one is a text."""

    def compare(a: Any, b: Any) -> bool:
        numeric = isinstance(a, int | float) or isinstance(b, int | float)
        if not numeric and (isinstance(a, str) or isinstance(b, str)):
            return holds(text(a), text(b))
        return holds(number(a), number(b))

    return compare


def var(data: Any, key: Any = None, default: Any = None) -> Any:
    """What lies at *key* in *data*, a path of keys and positions joined by dots; *default* where nothing does."""
    if key is None or key == "":
        return data
    if isinstance(key, int | float):
        if isinstance(data, list | str):
            found = _at(data, key)
            return default if found is None else found
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
