"""The constants in a rule that can never be meant: flagd would give no variant for them, or an error to some users.

Sources: flagd documentation, "Custom Operations"; open-feature/flagd-schemas, json/targeting.json.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shared.flags.flagd_operations import MOST_WEIGHT, ORDERS, version_of

Where = tuple[str | int, ...]
Problem = tuple[Where, str, Any, list[str]]
"""The path of the value, what was expected, the value itself, and the names that are valid there."""

_PROPERTIES = ("$flagd.timestamp", "$flagd.flagKey")
_PAIR, _TRIPLE = 2, 3


def of_operation(name: str, arguments: Any, where: Where) -> Iterator[Problem]:
    """The problems of the operation *name* with *arguments* at *where*."""
    check = _CHECKS.get(name)
    if check:
        yield from check(arguments if isinstance(arguments, list) else [arguments], where)


def _fractional(arguments: Sequence[Any], where: Where) -> Iterator[Problem]:
    first = 0
    if arguments and not isinstance(arguments[0], list):
        first = 1
        if not isinstance(arguments[0], dict):
            yield (*where, 0), "a rule that gives the text by which to split, such as {var: email}", arguments[0], []
    for number, share in enumerate(arguments[first:], first):
        yield from _share(share, (*where, number))
    weights = [_weight(share) for share in arguments[first:]]
    if all(isinstance(weight, int) for weight in weights) and not 0 < sum(weights) <= MOST_WEIGHT:
        yield where, f"weights whose sum is 1 to {MOST_WEIGHT}", sum(weights), []


def _weight(share: Any) -> Any:
    return share[1] if isinstance(share, list) and len(share) == _PAIR else 1


def _share(share: Any, where: Where) -> Iterator[Problem]:
    if isinstance(share, dict):
        return
    if not isinstance(share, list) or len(share) not in {1, _PAIR}:
        yield where, "a variant and its weight, such as [on, 50]", share, []
        return
    weight = _weight(share)
    is_count = isinstance(weight, int) and not isinstance(weight, bool) and weight >= 0
    if not is_count and not isinstance(weight, dict):
        yield (*where, 1), "a whole number as the weight (for 12.5 % and 87.5 %, 125 and 875)", weight, []


def _texts(arguments: Sequence[Any], where: Where) -> Iterator[Problem]:
    if len(arguments) != _PAIR:
        yield where, "two texts", arguments, []
    for number, argument in enumerate(arguments):
        if not isinstance(argument, str | dict):
            yield (*where, number), "a text", argument, []


def _sem_ver(arguments: Sequence[Any], where: Where) -> Iterator[Problem]:
    if len(arguments) != _TRIPLE:
        yield where, "a version, an operator and a version, such as [{var: version}, '>=', 2.1.0]", arguments, []
        return
    for number in (0, 2):
        if not isinstance(arguments[number], dict) and version_of(arguments[number]) is None:
            yield (*where, number), "a version such as 2.1.0, or 2.1 (^ and ~ compare ranges)", arguments[number], []
    if not isinstance(arguments[1], dict) and arguments[1] not in ORDERS:
        yield (*where, 1), f"one of {' '.join(ORDERS)}", arguments[1], list(ORDERS)


def _var(arguments: Sequence[Any], where: Where) -> Iterator[Problem]:
    name = arguments[0] if arguments else ""
    if isinstance(name, str) and name.startswith("$flagd.") and name not in _PROPERTIES:
        yield where, f"one of {' '.join(_PROPERTIES)}", name, list(_PROPERTIES)


_CHECKS: Mapping[str, Callable[[Sequence[Any], Where], Iterator[Problem]]] = {
    "fractional": _fractional, "starts_with": _texts, "ends_with": _texts, "sem_ver": _sem_ver, "var": _var,
}  # fmt: skip


def results(rule: Any, where: Where) -> Iterator[tuple[Where, Any]]:
    """The constants that *rule* may return, with their paths."""
    if not isinstance(rule, dict):
        yield where, rule
        return
    if len(rule) != 1:
        return
    ((name, arguments),) = rule.items()
    if name in {"if", "?:"} and isinstance(arguments, list):
        for number in _returned(len(arguments)):
            yield from results(arguments[number], (*where, name, number))
    if name == "fractional" and isinstance(arguments, list):
        for number, share in enumerate(arguments):
            if isinstance(share, list) and share:
                yield from results(share[0], (*where, name, number, 0))


def _returned(count: int) -> Iterator[int]:
    """The positions of the arguments of an `if` that it may return: each second one, and a last one left over."""
    yield from range(1, count, 2)
    if count % 2:
        yield count - 1


def variant_name(value: Any) -> str:
    """The name of the variant that a rule means by *value*."""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def endless(part: Any, where: Where) -> Iterator[Problem]:
    """Each number in *part* that JSON cannot write, such as 1e999."""
    if isinstance(part, float) and not math.isfinite(part):
        yield where, "a number that JSON can write", part, []
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in entries:
        yield from endless(value, (*where, name))


def reads(rule: Any, name: str) -> bool:
    """Whether a `var` in *rule* reads the attribute *name*, or a part of it."""
    if isinstance(rule, list):
        return any(reads(item, name) for item in rule)
    if not isinstance(rule, dict):
        return False
    key = rule.get("var")
    key = key[0] if isinstance(key, list) and key else key
    return (isinstance(key, str) and key.partition(".")[0] == name) or any(reads(item, name) for item in rule.values())
