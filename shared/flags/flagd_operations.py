"""The operations that flagd adds to JsonLogic. What does not fit them is null, so the flag falls to its default.

Source: flagd documentation, "Custom Operations"; measured on openfeature-flagd-core 2.0.0.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.flags.bucketing import bucket_of, place_of, split
from shared.flags.jsonlogic.compiler import Compile, Constant, Rule, Special

if TYPE_CHECKING:
    from semver import Version

MOST_WEIGHT = 2**31 - 1


def operations(flag: str) -> Mapping[str, Special]:
    """Flagd's operations as they are in the rule of *flag*."""
    return {
        "fractional": lambda arguments, make: _fractional(flag, arguments, make),
        "starts_with": lambda arguments, make: _texts(str.startswith, arguments, make),
        "ends_with": lambda arguments, make: _texts(str.endswith, arguments, make),
        "sem_ver": _sem_ver,
    }


def _fractional(flag: str, arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(one) for one in arguments]
    if not parts:
        return Constant(None)
    if not isinstance(arguments[0], list):
        return lambda data: _share_by(flag, [part(data) for part in parts], data)
    if fixed := _fixed(arguments):
        return _share_of_users(flag, *fixed)
    return lambda data: _share_by(flag, [part(data) for part in parts], data)


def _fixed(arguments: Sequence[Any]) -> tuple[list[tuple[Any, int]], int] | None:
    """The shares, where nothing in them depends on the data, and their sum; None where something does, or is wrong."""
    written = [part for one in arguments if isinstance(one, list) for part in one]
    if any(isinstance(part, dict | list) for part in written):
        return None
    return _shares(arguments)


def _share_of_users(flag: str, shares: list[tuple[Any, int]], total: int) -> Rule:
    if len(shares) == 2:  # noqa: PLR2004
        (first, limit), (second, _) = shares
        return _by_user(split(flag, limit, total, first, second))
    bucket = bucket_of(flag, total)
    return _by_user(lambda user: _variant(bucket(user), shares))


def _by_user(choose: Callable[[str], Any]) -> Rule:
    def share(data: Any) -> Any:
        user = data.get("targetingKey")
        if type(user) is not str or not user:
            return None
        try:
            return choose(user)
        except UnicodeError:
            return None

    return share


def _share_by(flag: str, arguments: list[Any], data: Any) -> Any:
    value, given = arguments[0], arguments[1:]
    if isinstance(value, list):
        user = data.get("targetingKey")
        if not isinstance(user, str) or not user:
            return None
        value, given = [flag, user], arguments
    found = _shares(given) if value is not None else None
    if found is None:
        return None
    try:
        return _variant(place_of(value, found[1]), found[0])
    except (ValueError, TypeError, OverflowError):
        return None


def _shares(given: Sequence[Any]) -> tuple[list[tuple[Any, int]], int] | None:
    """Each variant with its weight, and the sum of these; None where one is not so."""
    shares = [_share(one) for one in given]
    sound = [one for one in shares if one is not None]
    total = sum(weight for _, weight in sound)
    return (sound, total) if len(sound) == len(shares) and 0 < total <= MOST_WEIGHT else None


def _share(one: Any) -> tuple[Any, int] | None:
    """A weight below nothing, which a calculation may give, counts as nothing."""
    if not isinstance(one, list) or len(one) not in {1, 2}:
        return None
    weight = one[1] if len(one) > 1 else 1
    return (one[0], max(0, weight)) if isinstance(weight, int) and not isinstance(weight, bool) else None


def _variant(place: int, shares: Sequence[tuple[Any, int]]) -> Any:
    end = 0
    for variant, weight in shares:
        end += weight
        if place < end:
            return variant
    return None


def _texts(holds: Callable[[str, str], bool], arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(one) for one in arguments]

    def compare(data: Any) -> bool | None:
        found = [part(data) for part in parts]
        return holds(*found) if len(found) == 2 and all(isinstance(one, str) for one in found) else None  # noqa: PLR2004

    return compare


_ORDERS: dict[str, Callable[["Version", "Version"], bool]] = {
    "=": lambda one, other: one == other, "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other, "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other, ">=": lambda one, other: one >= other,
    "^": lambda one, other: one.major == other.major,
    "~": lambda one, other: (one.major, one.minor) == (other.major, other.minor),
}  # fmt: skip


def _sem_ver(arguments: Sequence[Any], make: Compile) -> Rule:
    parts = [make(one) for one in arguments]
    if len(parts) != 3:  # noqa: PLR2004
        return lambda data: [part(data) for part in parts] and None
    left, order, right = parts
    constant = _version(right(None)) if isinstance(right, Constant) else None

    def compare(data: Any) -> bool | None:
        name, one = order(data), _version(left(data))
        other = constant if constant is not None else _version(right(data))
        holds = _ORDERS.get(name) if isinstance(name, str) else None
        return None if one is None or other is None or holds is None else holds(one, other)

    return compare


def _version(value: Any) -> "Version | None":
    """`v1`, `1.2` and `1.2.3-rc.1` as a version; None for what is none."""
    from semver import Version

    written = str(value).removeprefix("v") if str(value).startswith("v") else str(value).removeprefix("V")
    numbers = written.partition("-")[0].partition("+")[0]
    whole = numbers + ".0" * (2 - numbers.count(".")) + written[len(numbers) :]
    return Version.parse(whole) if Version.is_valid(whole) else None
