"""Why a flag answers what it answers: the rule walked once more, and each step said."""

import json
from collections.abc import Iterator
from typing import Any

from shared.flags.bucketing import place_of
from shared.flags.evaluation import Context
from shared.flags.flagset import FlagSet
from shared.flags.jsonlogic.coercion import truth

LONGEST = 120


def explained(flags: FlagSet, key: str, context: Context, now: int) -> Iterator[str]:
    """The steps by which *key* came to its answer. Raises FlagNotFound and FlagBroken."""
    found = flags.evaluate(key, context, now)
    definition = flags.definitions[key]
    if definition.state == "DISABLED":
        yield "the flag is DISABLED, so who asks uses the value in its own code"
    elif not definition.targeting:
        yield f"no rule: everybody gets the default, {definition.default_variant or 'the value in their own code'}"
    else:
        data = {**context, "$flagd": {"flagKey": key, "timestamp": now}}
        yield from _walked(definition.targeting, data, flags, key, 0)
        if found.reason == "DEFAULT":
            yield f"the rule names no variant, so the default counts: {found.variant or 'the value in their own code'}"
    yield f"=> {found.variant or 'no variant'}"


def _walked(rule: Any, data: Any, flags: FlagSet, key: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    name, arguments = _operation(rule)
    if name in {"if", "?:"}:
        yield from _branches(arguments, data, flags, key, depth)
    elif name == "fractional":
        yield f"{indent}{_shared_out(arguments, data, key)}"
    else:
        yield f"{indent}{_short(rule)}"


def _branches(arguments: list[Any], data: Any, flags: FlagSet, key: str, depth: int) -> Iterator[str]:
    for condition, then in zip(arguments[:-1:2], arguments[1::2], strict=False):
        found = flags.result(key, condition, data)
        yield f"{'  ' * depth}if {_short(condition)}: {_short(found)}, so {'yes' if truth(found) else 'no'}"
        if truth(found):
            yield from _walked(then, data, flags, key, depth + 1)
            return
    if len(arguments) % 2:
        yield f"{'  ' * depth}else"
        yield from _walked(arguments[-1], data, flags, key, depth + 1)


def _shared_out(shares: list[Any], data: Any, key: str) -> str:
    """Where the user falls, for the plain form; another is only shown."""
    user = data.get("targetingKey")
    weights = [one[1] if len(one) > 1 else 1 for one in shares if isinstance(one, list) and one]
    plain = len(weights) == len(shares) and all(isinstance(one, int) for one in weights)
    if not plain or not isinstance(user, str) or not user:
        return f"shared out by {_short(shares)}" + ("" if user else ", but the context has no targetingKey")
    total, end = sum(weights), 0
    place, ranges = place_of([key, user], total), []
    for (variant, *_), weight in zip(shares, weights, strict=True):
        ranges.append(f"{variant} {end} to {end + weight - 1}")
        end += weight
    return f"{user!r} falls on place {place} of {total}: {', '.join(ranges)}"


def _operation(rule: Any) -> tuple[str, list[Any]]:
    if not isinstance(rule, dict) or len(rule) != 1:
        return "", []
    ((name, arguments),) = rule.items()
    return name, arguments if isinstance(arguments, list) else [arguments]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
