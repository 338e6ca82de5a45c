"""A JsonLogic rule as a function of the data: read once, and never interpreted again.

The commonest forms (a key of the context, compared with a text or looked for in a list of them) become closures that
look at nothing else. Source: jsonlogic.com; the operations of flagd are handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.flags.jsonlogic.coercion import equal, truth, var
from shared.flags.jsonlogic.operations import OPERATIONS

Rule = Callable[[Any], Any]
"""What a rule makes of the data. Raises whatever its operations raise on values that they do not fit."""
Operation = Callable[..., Any]
"""Of the data and the arguments."""


class UnknownOperationError(Exception):
    """A rule names an operation that there is not."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Constant:
    """A rule that is the same whatever the data."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _data: Any) -> Any:
        return self.value


Compile = Callable[[Any], Rule]
Special = Callable[[Sequence[Any], Compile], Rule]
"""Makes a rule of the arguments as they are written, for operations that do not evaluate all of them."""


def compiled(logic: Any, special: Mapping[str, Special] | None = None) -> Rule:
    """*logic* as a function. *special* are operations that compile their own arguments.

    Raises UnknownOperationError.
    """
    specials = {**_SPECIAL, **(special or {})}

    def make(part: Any) -> Rule:
        if isinstance(part, list):
            return _list([make(one) for one in part])
        if not isinstance(part, dict) or len(part) != 1:
            return Constant(part)
        ((name, arguments),) = part.items()
        arguments = arguments if isinstance(arguments, list) else [arguments]
        if name in specials:
            return specials[name](arguments, make)
        if name not in OPERATIONS:
            raise UnknownOperationError(name)
        return _applied(OPERATIONS[name], [make(one) for one in arguments])

    return make(logic)


def _list(parts: list[Rule]) -> Rule:
    # Made anew each time, constant or not: two lists are equal only where they are the same one.
    return lambda data: [part(data) for part in parts]


def _applied(operation: Operation, arguments: list[Rule]) -> Rule:
    if len(arguments) == 1:
        (one,) = arguments
        return lambda data: operation(data, one(data))
    if len(arguments) == 2:  # noqa: PLR2004
        first, second = arguments
        return lambda data: operation(data, first(data), second(data))
    return lambda data: operation(data, *[one(data) for one in arguments])


def _var(arguments: Sequence[Any], make: Compile) -> Rule:
    key = arguments[0] if arguments else None
    if len(arguments) == 1 and isinstance(key, str) and key and "." not in key:
        return lambda data: data.get(key) if type(data) is dict else var(data, key)
    parts = [make(one) for one in arguments]
    return lambda data: var(data, *[part(data) for part in parts[:2]])


def _equal(arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(one) for one in [*arguments, None, None][:2]]
    for one, other in (parts, parts[::-1]):
        if isinstance(other, Constant) and isinstance(other.value, str):
            return _equal_to_text(one, other.value)
    first, second = parts
    return lambda data: equal(first(data), second(data))


def _equal_to_text(one: Rule, wanted: str) -> Rule:
    def holds(data: Any) -> bool:
        found = one(data)
        return found == wanted if type(found) is str else equal(found, wanted)

    return holds


def _not_equal(arguments: Sequence[Any], make: Compile) -> Rule:
    same = _equal(arguments, make)
    return lambda data: not same(data)


def _in(arguments: Sequence[Any], make: Compile) -> Rule:
    """Where the list is one of texts, a set answers."""
    operation, parts = OPERATIONS["in"], [make(one) for one in arguments]
    listed = arguments[1] if len(arguments) > 1 else None
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        return _applied(operation, parts)
    needle, texts = parts[0], frozenset(listed)

    def holds(data: Any) -> bool:
        found = needle(data)
        return found in texts if type(found) is str else found in listed

    return holds


def _if(arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(one) for one in arguments]
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
    return _first(arguments, make, lambda found: not truth(found))


def _or(arguments: Sequence[Any], make: Compile) -> Rule:
    return _first(arguments, make, truth)


def _first(arguments: Sequence[Any], make: Compile, decides: Callable[[Any], bool]) -> Rule:
    """The first value that *decides*, else the last; those behind it are not asked."""
    parts = [make(one) for one in arguments]

    def choose(data: Any) -> Any:
        found = None
        for part in parts:
            found = part(data)
            if decides(found):
                break
        return found

    return choose


def _over(arguments: Sequence[Any], make: Compile) -> tuple[Rule, Rule]:
    """The list that an operation goes over, and the rule for each of its items."""
    parts: list[Rule] = [*map(make, arguments), Constant(None), Constant(None)]
    items, each = parts[:2]
    return lambda data: found if isinstance(found := items(data), list) else None, each


def _map(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    return lambda data: [each(one) for one in items(data) or []]


def _filter(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    return lambda data: [one for one in items(data) or [] if truth(each(one))] if len(arguments) > 1 else []


def _all(arguments: Sequence[Any], make: Compile) -> Rule:
    """Of no items it is false."""
    items, each = _over(arguments, make)

    def holds(data: Any) -> bool:
        found = items(data) if len(arguments) > 1 else None
        return bool(found) and all(truth(each(one)) for one in found or [])

    return holds


def _some(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    return lambda data: len(arguments) > 1 and any(truth(each(one)) for one in items(data) or [])


def _none(arguments: Sequence[Any], make: Compile) -> Rule:
    some = _some(arguments, make)
    return lambda data: not some(data)


def _reduce(arguments: Sequence[Any], make: Compile) -> Rule:
    items, each = _over(arguments, make)
    start = arguments[2] if len(arguments) > 2 else None  # noqa: PLR2004

    def reduced(data: Any) -> Any:
        scope = {"accumulator": start}
        for one in items(data) or []:
            scope["current"] = one
            scope["accumulator"] = each(scope)
        return scope["accumulator"]

    return reduced


_SPECIAL: dict[str, Special] = {
    "var": _var, "==": _equal, "!=": _not_equal, "in": _in, "if": _if, "?:": _if, "and": _and, "or": _or, "map": _map,
    "filter": _filter, "all": _all, "some": _some, "none": _none, "reduce": _reduce,
}  # fmt: skip
NAMES: tuple[str, ...] = (*_SPECIAL, *OPERATIONS)
"""Every operation of JsonLogic."""
