"""A JsonLogic rule as a function of the data: parsed once, and not interpreted again.

The most common forms (a key of the context, compared with a text or with a list of texts) compile to closures that do
nothing else. Source: jsonlogic.com. The caller passes the operations of flagd.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.flags.jsonlogic.coercion import equal, truth, var
from shared.flags.jsonlogic.operations import OPERATIONS

Rule = Callable[[Any], Any]
"""Returns the result of a rule for the data. Raises whatever its operations raise for values of a wrong type."""
Operation = Callable[..., Any]
"""Takes the data and the arguments."""


class UnknownOperationError(Exception):
    """A rule names an operation that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Constant:
    """A rule whose result does not depend on the data."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _data: Any) -> Any:
        return self.value


Compile = Callable[[Any], Rule]
Special = Callable[[Sequence[Any], Compile], Rule]
"""Compiles the arguments as they are written, for an operation that does not evaluate all of them."""


def compiled(logic: Any, special: Mapping[str, Special] | None = None) -> Rule:
    """*logic* as a function. *special* are operations that compile their own arguments.

    Raises UnknownOperationError.
    """
    specials = {**_SPECIAL, **(special or {})}

    def make(part: Any) -> Rule:
        if isinstance(part, list):
            return _list([make(item) for item in part])
        if not isinstance(part, dict) or len(part) != 1:
            return Constant(part)
        ((name, arguments),) = part.items()
        arguments = arguments if isinstance(arguments, list) else [arguments]
        if name in specials:
            return specials[name](arguments, make)
        if name not in OPERATIONS:
            raise UnknownOperationError(name)
        return _applied(OPERATIONS[name], [make(argument) for argument in arguments])

    return make(logic)


def _list(parts: list[Rule]) -> Rule:
    # A new list for each call, even a constant one: two lists are equal only if they are the same object.
    return lambda data: [part(data) for part in parts]


def _applied(operation: Operation, arguments: list[Rule]) -> Rule:
    if len(arguments) == 1:
        (argument,) = arguments
        return lambda data: operation(data, argument(data))
    if len(arguments) == 2:  # noqa: PLR2004
        first, second = arguments
        return lambda data: operation(data, first(data), second(data))
    return lambda data: operation(data, *[argument(data) for argument in arguments])


def _var(arguments: Sequence[Any], make: Compile) -> Rule:
    key = arguments[0] if arguments else None
    if len(arguments) == 1 and isinstance(key, str) and key and "." not in key:
        return lambda data: data.get(key) if type(data) is dict else var(data, key)
    parts = [make(argument) for argument in arguments]
    return lambda data: var(data, *[part(data) for part in parts[:2]])


def _equal(arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(argument) for argument in [*arguments, None, None][:2]]
    for part, other in (parts, parts[::-1]):
        if isinstance(other, Constant) and isinstance(other.value, str):
            return _equal_to_text(part, other.value)
    first, second = parts
    return lambda data: equal(first(data), second(data))


def _equal_to_text(part: Rule, expected: str) -> Rule:
    def is_equal(data: Any) -> bool:
        value = part(data)
        return value == expected if type(value) is str else equal(value, expected)

    return is_equal


def _not_equal(arguments: Sequence[Any], make: Compile) -> Rule:
    same = _equal(arguments, make)
    return lambda data: not same(data)


def _in(arguments: Sequence[Any], make: Compile) -> Rule:
    """Uses a set if the list holds only texts."""
    operation, parts = OPERATIONS["in"], [make(argument) for argument in arguments]
    listed = arguments[1] if len(arguments) > 1 else None
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        return _applied(operation, parts)
    needle, texts = parts[0], frozenset(listed)

    def contains(data: Any) -> bool:
        value = needle(data)
        return value in texts if type(value) is str else value in listed

    return contains


def _if(arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(argument) for argument in arguments]
    pairs, otherwise = list(zip(parts[:-1:2], parts[1::2], strict=False)), Constant(None)
    last: Rule = parts[-1] if len(parts) % 2 else otherwise
    if len(pairs) == 1:
        ((condition, then),) = pairs
        return lambda data: then(data) if truth(condition(data)) else last(data)

    def choose(data: Any) -> Any:
        for condition, then in pairs:
            if truth(condition(data)):
                return then(data)
        return last(data)

    return choose


def _and(arguments: Sequence[Any], make: Compile) -> Rule:
    return _first(arguments, make, lambda value: not truth(value))


def _or(arguments: Sequence[Any], make: Compile) -> Rule:
    return _first(arguments, make, truth)


def _first(arguments: Sequence[Any], make: Compile, decides: Callable[[Any], bool]) -> Rule:
    """The first value that *decides*, else the last; the parts after it are not evaluated."""
    parts = [make(argument) for argument in arguments]

    def choose(data: Any) -> Any:
        value = None
        for part in parts:
            value = part(data)
            if decides(value):
                break
        return value

    return choose


def _over(arguments: Sequence[Any], make: Compile) -> tuple[Rule, Rule]:
    """The list that an operation iterates over, and the rule for each of its items."""
    parts: list[Rule] = [*map(make, arguments), Constant(None), Constant(None)]
    items, each = parts[:2]
    return lambda data: value if isinstance(value := items(data), list) else None, each


def _map(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    return lambda data: [each(item) for item in items(data) or []]


def _filter(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    return lambda data: [item for item in items(data) or [] if truth(each(item))] if len(arguments) > 1 else []


def _all(arguments: Sequence[Any], make: Compile) -> Rule:
    """False if there are no items."""
    items, each = _over(arguments, make)

    def all_true(data: Any) -> bool:
        values = items(data) if len(arguments) > 1 else None
        return bool(values) and all(truth(each(item)) for item in values or [])

    return all_true


def _some(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    return lambda data: len(arguments) > 1 and any(truth(each(item)) for item in items(data) or [])


def _none(arguments: Sequence[Any], make: Compile) -> Rule:
    some = _some(arguments, make)
    return lambda data: not some(data)


def _reduce(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    start = arguments[2] if len(arguments) > 2 else None  # noqa: PLR2004

    def reduced(data: Any) -> Any:
        scope = {"accumulator": start}
        for item in items(data) or []:
            scope["current"] = item
            scope["accumulator"] = each(scope)
        return scope["accumulator"]

    return reduced


_SPECIAL: dict[str, Special] = {
    "var": _var, "==": _equal, "!=": _not_equal, "in": _in, "if": _if, "?:": _if, "and": _and, "or": _or, "map": _map,
    "filter": _filter, "all": _all, "some": _some, "none": _none, "reduce": _reduce,
}  # fmt: skip
NAMES: tuple[str, ...] = (*_SPECIAL, *OPERATIONS)
"""Every operation of JsonLogic."""
