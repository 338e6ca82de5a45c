"""The operations that evaluate all their arguments: each is a function of the data and the values of its arguments.

A missing argument counts as null; an operation ignores arguments that it does not take.
"""

import operator
from collections.abc import Callable
from math import isnan, nan, prod
from typing import Any

from shared.flags.jsonlogic.coercion import number, ordered, text, truth, var


def _between(is_ordered: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    """A comparison of two values, or of three: whether the second is between the first and the third."""
    compare = ordered(is_ordered)

    def within(_data: Any, a: Any = None, b: Any = None, c: Any = None, *_more: Any) -> bool:
        return compare(a, b) and (c is None or compare(b, c))

    return within


def _minus(_data: Any, a: Any = None, b: Any = None, *_more: Any) -> float:
    return -number(a) if b is None else number(a) - number(b)


def _contains(_data: Any, needle: Any = None, haystack: Any = None, *_more: Any) -> bool:
    if isinstance(haystack, list):
        return needle in haystack
    return isinstance(haystack, str) and text(needle) in haystack


def _merge(_data: Any, *lists: Any) -> list[Any]:
    return [item for part in lists for item in (part if isinstance(part, list) else [part])]


def _missing(data: Any, *keys: Any) -> list[Any]:
    wanted = keys[0] if keys and isinstance(keys[0], list) else keys
    return [key for key in wanted if var(data, key) in (None, "")]


def _missing_some(data: Any, needed: Any = 0, keys: Any = None, *_more: Any) -> list[Any]:
    if not isinstance(keys, list):
        return []
    missing = _missing(data, keys)
    return [] if len(keys) - len(missing) >= number(needed) else missing


def _substr(_data: Any, string: Any = None, start: Any = None, length: Any = None, *_more: Any) -> str:
    """A negative start counts from the end; a negative length omits that many characters at the end."""
    whole, begins = text(string), number(start)
    size = len(whole)
    first = 0 if isnan(begins) or begins <= -size else int(begins) if begins >= 0 else size - int(-begins)
    first = min(first, size)
    if length is None:
        return whole[first:]
    taken = number(length)
    if isnan(taken):
        return ""
    last = size + int(taken) if int(taken) < 0 else first + int(taken)
    return whole[first : max(last, first)]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "===": lambda _data, a=None, b=None, *_more: a == b,
    "!==": lambda _data, a=None, b=None, *_more: a != b,
    "<": _between(operator.lt), ">": _between(operator.gt), "<=": _between(operator.le), ">=": _between(operator.ge),
    "!": lambda _data, a=None, *_more: not truth(a),
    "!!": lambda _data, a=None, *_more: truth(a),
    "+": lambda _data, *parts: sum(map(number, parts)),
    "*": lambda _data, *parts: prod(map(number, parts)),
    "-": _minus,
    "/": lambda _data, a=None, b=None, *_more: number(a) / number(b),
    "%": lambda _data, a=None, b=None, *_more: number(a) % number(b),
    "in": _contains,
    "min": lambda _data, *parts: min(map(number, parts), default=nan),
    "max": lambda _data, *parts: max(map(number, parts), default=nan),
    "cat": lambda _data, *parts: "".join(map(text, parts)),
    "log": lambda _data, a=None, *_more: a,
    "substr": _substr, "merge": _merge, "missing": _missing, "missing_some": _missing_some,
}  # fmt: skip
