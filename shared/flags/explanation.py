"""Why a flag has its value: its rule, evaluated again one step at a time."""

import json
from collections.abc import Iterator
from typing import Any

from shared.flags.bucketing import value_bucket
from shared.flags.evaluation import Context
from shared.flags.flagset import FlagSet
from shared.flags.jsonlogic.coercion import truth

LONGEST = 120
OWN_DEFAULT = "the caller uses its own default"


def explained(flags: FlagSet, key: str, context: Context, now: int) -> Iterator[str]:
    """The steps that lead to the value of *key*. Raises FlagNotFound and FlagBroken."""
    evaluation = flags.evaluate(key, context, now)
    definition = flags.definitions[key]
    if definition.metadata.get("overridden"):
        yield "overridden for everyone: `opos flags overrides` shows by whom, and why"
    elif definition.state == "DISABLED":
        yield f"the flag is DISABLED: {OWN_DEFAULT}"
    elif not definition.targeting:
        yield f"no rule: {_default(definition.default_variant)}"
    else:
        data = {**context, "$flagd": {"flagKey": key, "timestamp": now}}
        yield from _rule(definition.targeting, data, flags, key, 0)
        if evaluation.reason == "DEFAULT":
            yield f"the rule returns no variant: {_default(evaluation.variant)}"
    yield f"=> {evaluation.variant or 'no variant'}"


def _default(variant: str | None) -> str:
    return f"the default applies, {variant}" if variant else OWN_DEFAULT


def _rule(rule: Any, data: Any, flags: FlagSet, key: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    name, arguments = _operation(rule)
    if name in {"if", "?:"}:
        yield from _branches(arguments, data, flags, key, depth)
    elif name == "fractional":
        yield f"{indent}{_split(arguments, data, key)}"
    else:
        yield f"{indent}{_short(rule)}"


def _branches(arguments: list[Any], data: Any, flags: FlagSet, key: str, depth: int) -> Iterator[str]:
    for condition, then in zip(arguments[:-1:2], arguments[1::2], strict=False):
        result = flags.result(key, condition, data)
        yield f"{'  ' * depth}if {_short(condition)}: {_short(result)}, so {'yes' if truth(result) else 'no'}"
        if truth(result):
            yield from _rule(then, data, flags, key, depth + 1)
            return
    if len(arguments) % 2:
        yield f"{'  ' * depth}else"
        yield from _rule(arguments[-1], data, flags, key, depth + 1)


def _split(shares: list[Any], data: Any, key: str) -> str:
    """The user's bucket, if the rule splits users by fixed weights; of any other rule only what it says."""
    user = data.get("targetingKey")
    weights = [share[1] if len(share) > 1 else 1 for share in shares if isinstance(share, list) and share]
    fixed = len(weights) == len(shares) and all(isinstance(weight, int) for weight in weights)
    if not fixed or not isinstance(user, str) or not user:
        return f"split by {_short(shares)}" + ("" if user else ", but the context has no targetingKey")
    total, end = sum(weights), 0
    bucket, ranges = value_bucket([key, user], total), []
    for (variant, *_), weight in zip(shares, weights, strict=True):
        ranges.append(f"{variant} {end} to {end + weight - 1}")
        end += weight
    return f"{user!r} is in bucket {bucket} of {total}: {', '.join(ranges)}"


def _operation(rule: Any) -> tuple[str, list[Any]]:
    if not isinstance(rule, dict) or len(rule) != 1:
        return "", []
    ((name, arguments),) = rule.items()
    return name, arguments if isinstance(arguments, list) else [arguments]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
