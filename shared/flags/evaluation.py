"""One flag for one context. Each flag becomes a function of the context when the set is made.

Source: flagd specification and openfeature-flagd-core 2.0.0, which the tests compare every answer with.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from shared.errors import OposError
from shared.flags.definition import Definition, Scalar
from shared.flags.flagd_operations import operations
from shared.flags.jsonlogic.compiler import Rule, Special, compiled

Context = Mapping[str, Any]
Reason = Literal["STATIC", "DEFAULT", "TARGETING_MATCH", "DISABLED", "OVERRIDE", "ERROR"]
"""Source: OpenFeature specification, "Resolution reason", which allows others: `OVERRIDE` is ours."""


class _Absent:
    """There is no value: who asks uses the one in its own code (OFREP, ADR 6)."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a flag is. The same one answers for everybody to whom the same variant falls for the same reason.

    `fault` is why there is none, where `reason` is ERROR.
    """

    key: str
    value: Any
    reason: Reason
    variant: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    fault: OposError | None = None

    @cached_property
    def ofrep(self) -> bytes:
        """As JSON of the OpenFeature Remote Evaluation Protocol; without a value who asks uses the one in its code."""
        shown = {"key": self.key, **(_fault(self.fault) if self.fault else self._answer())}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def _answer(self) -> dict[str, Any]:
        value = {} if self.value is ABSENT else {"value": self.value}
        return {**value, "variant": self.variant or "", "reason": self.reason, "metadata": dict(self.metadata)}

    @classmethod
    def failed(cls, key: str, fault: OposError) -> "Evaluation":
        return cls(key, ABSENT, "ERROR", fault=fault)


def _fault(fault: OposError) -> dict[str, Any]:
    return {"errorCode": fault.code, "errorDetails": fault.message}


class FlagNotFound(OposError):
    code = "FLAG_NOT_FOUND"
    http_status = 404


class FlagBroken(OposError):
    """The flag's rule cannot be worked out for this context, or names a variant that there is not."""

    code = "GENERAL"
    http_status = 500


Evaluator = Callable[[Context, int], Evaluation]
"""Of the context, and the moment in seconds since 1970."""


def evaluator(key: str, flag: Definition, metadata: Mapping[str, Scalar], special: Mapping[str, Special]) -> Evaluator:
    """*flag* as a function. Raises UnknownOperationError."""
    said = {**metadata, **flag.metadata}
    if flag.state == "DISABLED":
        return _always(Evaluation(key, ABSENT, "DISABLED", metadata=said))
    if not flag.targeting:
        return _always(_default(key, flag, said, "STATIC"))
    rule = compiled(flag.targeting, {**operations(key), **special})
    found = {
        name: Evaluation(key, value, "TARGETING_MATCH", name, said)
        for name, value in flag.variants.items()
        if value is not None
    }
    return _targeted(key, rule, found, _default(key, flag, said, "DEFAULT"), asks_flagd=_asks_flagd(flag.targeting))


def _default(key: str, flag: Definition, metadata: Mapping[str, Scalar], reason: Reason) -> Evaluation:
    if not flag.default_variant:
        return Evaluation(key, ABSENT, "DEFAULT", metadata=metadata)
    return Evaluation(key, flag.variants[flag.default_variant], reason, flag.default_variant, metadata)


def _always(evaluation: Evaluation) -> Evaluator:
    return lambda _context, _now: evaluation


def _targeted(
    key: str, rule: Rule, found: Mapping[str, Evaluation], default: Evaluation, *, asks_flagd: bool
) -> Evaluator:
    def evaluate(context: Context, now: int) -> Evaluation:
        data = {**context, "$flagd": {"flagKey": key, "timestamp": now}} if asks_flagd else context
        try:
            variant = rule(data)
        except OposError:
            raise
        except Exception as fault:
            raise FlagBroken(f"The rule of {key} cannot be worked out: {type(fault).__name__}.") from fault
        if variant is None:
            return default
        name = variant if type(variant) is str else str(variant).lower() if isinstance(variant, bool) else str(variant)
        try:
            return found[name]
        except KeyError:
            raise FlagBroken(f"The rule of {key} names the variant {name[:100]!r}, which it does not have.") from None

    return evaluate


def _asks_flagd(targeting: Any) -> bool:
    """Whether a rule may ask for what flagd adds to the context: by its name, by one it works out, or for all of it."""
    written = json.dumps(targeting)
    return "$flagd" in written or '"flag"' in written or _has_open_var(targeting)


def _has_open_var(part: Any) -> bool:
    if isinstance(part, list):
        return any(map(_has_open_var, part))
    if not isinstance(part, dict):
        return False
    key = part.get("var", "named")
    named = key[0] if isinstance(key, list) and key else key
    return not isinstance(named, str) or not named or any(map(_has_open_var, part.values()))
