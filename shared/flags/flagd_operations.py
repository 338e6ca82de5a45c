"""The operations that flagd adds to JsonLogic. Invalid arguments give null, so that the flag has its default.

Source: flagd documentation, "Custom Operations"; measured on openfeature-flagd-core 2.0.0.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.flags.bucketing import bucket_of, split, value_bucket
from shared.flags.jsonlogic.compiler import Compile, Constant, Rule, Special

if TYPE_CHECKING:
    from semver import Version

MOST_WEIGHT = 2**31 - 1
Share = tuple[Any, int]
"""A variant and its weight."""


def operations(flag: str) -> Mapping[str, Special]:
    """Flagd's operations for the rule of *flag*."""
    return {
        "fractional": lambda arguments, make: _fractional(flag, arguments, make),
        "starts_with": lambda arguments, make: _texts(str.startswith, arguments, make),
        "ends_with": lambda arguments, make: _texts(str.endswith, arguments, make),
        "sem_ver": _sem_ver,
    }


def _fractional(flag: str, arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(argument) for argument in arguments]
    if not parts:
        return Constant(None)
    if not isinstance(arguments[0], list):
        return lambda data: _split_by(flag, [part(data) for part in parts], data)
    if fixed := _fixed(arguments):
        return _split_users(flag, *fixed)
    return lambda data: _split_by(flag, [part(data) for part in parts], data)


def _fixed(arguments: Sequence[Any]) -> tuple[list[Share], int] | None:
    """The shares and the sum of their weights; None if they depend on the data, or are invalid."""
    values = [part for argument in arguments if isinstance(argument, list) for part in argument]
    if any(isinstance(part, dict | list) for part in values):
        return None
    return _shares(arguments)


def _split_users(flag: str, shares: list[Share], total: int) -> Rule:
    if len(shares) == 2:  # noqa: PLR2004
        (first, limit), (second, _) = shares
        return _by_user(split(flag, limit, total, first, second))
    bucket = bucket_of(flag, total)
    return _by_user(lambda user: _variant(bucket(user), shares))


def _by_user(choose: Callable[[str], Any]) -> Rule:
    def variant(data: Any) -> Any:
        user = data.get("targetingKey")
        if type(user) is not str or not user:
            return None
        try:
            return choose(user)
        except UnicodeError:
            return None

    return variant


def _split_by(flag: str, arguments: list[Any], data: Any) -> Any:
    value, rest = arguments[0], arguments[1:]
    if isinstance(value, list):
        user = data.get("targetingKey")
        if not isinstance(user, str) or not user:
            return None
        value, rest = [flag, user], arguments
    weighted = _shares(rest) if value is not None else None
    if weighted is None:
        return None
    shares, total = weighted
    try:
        return _variant(value_bucket(value, total), shares)
    except (ValueError, TypeError, OverflowError):
        return None


def _shares(arguments: Sequence[Any]) -> tuple[list[Share], int] | None:
    """Each variant with its weight, and the sum of the weights; None if an argument is invalid."""
    shares = [share for argument in arguments if (share := _share(argument)) is not None]
    total = sum(weight for _, weight in shares)
    return (shares, total) if len(shares) == len(arguments) and 0 < total <= MOST_WEIGHT else None


def _share(argument: Any) -> Share | None:
    """A negative weight, which a calculation may give, counts as 0."""
    if not isinstance(argument, list) or len(argument) not in {1, 2}:
        return None
    weight = argument[1] if len(argument) > 1 else 1
    return (argument[0], max(0, weight)) if isinstance(weight, int) and not isinstance(weight, bool) else None


def _variant(bucket: int, shares: Sequence[Share]) -> Any:
    end = 0
    for variant, weight in shares:
        end += weight
        if bucket < end:
            return variant
    return None


def _texts(matches: Callable[[str, str], bool], arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(argument) for argument in arguments]

    def compare(data: Any) -> bool | None:
        texts = [part(data) for part in parts]
        return matches(*texts) if len(texts) == 2 and all(isinstance(text, str) for text in texts) else None  # noqa: PLR2004

    return compare


ORDERS: dict[str, Callable[["Version", "Version"], bool]] = {
    "=": lambda left, right: left == right, "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right, "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right, ">=": lambda left, right: left >= right,
    "^": lambda left, right: left.major == right.major,
    "~": lambda left, right: (left.major, left.minor) == (right.major, right.minor),
}  # fmt: skip


def _sem_ver(arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(argument) for argument in arguments]
    if len(parts) != 3:  # noqa: PLR2004
        return lambda data: [part(data) for part in parts] and None
    left, order, right = parts
    constant = version_of(right(None)) if isinstance(right, Constant) else None

    def compare(data: Any) -> bool | None:
        name, version = order(data), version_of(left(data))
        other = constant if constant is not None else version_of(right(data))
        matches = ORDERS.get(name) if isinstance(name, str) else None
        return None if version is None or other is None or matches is None else matches(version, other)

    return compare


def version_of(value: Any) -> "Version | None":
    """`v1`, `1.2` and `1.2.3-rc.1` as a version; None for anything else."""
    from semver import Version

    text = str(value).removeprefix("v") if str(value).startswith("v") else str(value).removeprefix("V")
    numbers = text.partition("-")[0].partition("+")[0]
    whole = numbers + ".0" * (2 - numbers.count(".")) + text[len(numbers) :]
    return Version.parse(whole) if Version.is_valid(whole) else None
