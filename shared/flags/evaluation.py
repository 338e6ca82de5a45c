"""One flag as a function of the evaluation context.

Source: flagd specification and openfeature-flagd-core 2.0.0, with which the tests compare every result.
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
Reason = Literal["STATIC", "DEFAULT", "TARGETING_MATCH", "DISABLED", "ERROR"]
"""Source: OpenFeature specification, "Resolution reason"."""
_IN_OFREP: Mapping[str, str] = {"DEFAULT": "UNKNOWN"}
"""OFREP 0.3.0 lists the reasons that an answer may have, and DEFAULT is not one of them."""


class _Absent:
    """The flag has no value: the caller uses its own default (OFREP, ADR 6)."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The value of a flag. All users who get one variant for one reason share one object.

    `fault` says why there is no value, if `reason` is ERROR.
    """

    key: str
    value: Any
    reason: Reason
    variant: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    fault: OposError | None = None

    @cached_property
    def ofrep(self) -> bytes:
        """The evaluation as JSON of the OpenFeature Remote Evaluation Protocol."""
        content = {"key": self.key, **(_error(self.fault) if self.fault else self._success())}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def _success(self) -> dict[str, Any]:
        value = {} if self.value is ABSENT else {"value": self.value}
        return {
            **value,
            "variant": self.variant or "",
            "reason": _IN_OFREP.get(self.reason, self.reason),
            "metadata": dict(self.metadata),
        }

    @classmethod
    def failed(cls, key: str, fault: OposError) -> "Evaluation":
        return cls(key, ABSENT, "ERROR", fault=fault)


def _error(fault: OposError) -> dict[str, Any]:
    return {"errorCode": fault.code, "errorDetails": fault.message}


class FlagNotFound(OposError):
    code = "FLAG_NOT_FOUND"
    http_status = 404


class FlagBroken(OposError):
    """The flag's rule fails for this context, or returns a variant that the flag does not have."""

    code = "GENERAL"
    http_status = 500


Evaluator = Callable[[Context, int], Evaluation]
"""Takes the context and the time, in seconds since 1970."""


def evaluator(key: str, flag: Definition, metadata: Mapping[str, Scalar], special: Mapping[str, Special]) -> Evaluator:
    """*flag* as a function. Raises UnknownOperationError."""
    merged = {**metadata, **flag.metadata}
    if flag.state == "DISABLED":
        return _always(Evaluation(key, ABSENT, "DISABLED", metadata=merged))
    if not flag.targeting:
        return _always(_default(key, flag, merged, "STATIC"))
    rule = compiled(flag.targeting, {**operations(key), **special})
    matches = {
        name: Evaluation(key, value, "TARGETING_MATCH", name, merged)
        for name, value in flag.variants.items()
        if value is not None
    }
    default = _default(key, flag, merged, "DEFAULT")
    return _targeted(key, rule, matches, default, reads_flagd=_reads_flagd(flag.targeting))


def _default(key: str, flag: Definition, metadata: Mapping[str, Scalar], reason: Reason) -> Evaluation:
    if not flag.default_variant:
        return Evaluation(key, ABSENT, "DEFAULT", metadata=metadata)
    return Evaluation(key, flag.variants[flag.default_variant], reason, flag.default_variant, metadata)


def _always(evaluation: Evaluation) -> Evaluator:
    return lambda _context, _now: evaluation


def _targeted(
    key: str, rule: Rule, matches: Mapping[str, Evaluation], default: Evaluation, *, reads_flagd: bool
) -> Evaluator:
    def evaluate(context: Context, now: int) -> Evaluation:
        data = {**context, "$flagd": {"flagKey": key, "timestamp": now}} if reads_flagd else context
        try:
            variant = rule(data)
        except OposError:
            raise
        except Exception as fault:
            raise FlagBroken(f"The rule of {key} failed for this context: {type(fault).__name__}.") from fault
        if variant is None:
            return default
        name = variant if type(variant) is str else str(variant).lower() if isinstance(variant, bool) else str(variant)
        try:
            return matches[name]
        except KeyError:
            message = f"The rule of {key} returned {name[:100]!r}, which is not a variant of the flag."
            raise FlagBroken(message) from None

    return evaluate


def _reads_flagd(targeting: Any) -> bool:
    """Whether a rule may read what flagd adds to the context: by its name, a computed name, or as part of the whole."""
    text = json.dumps(targeting)
    return "$flagd" in text or '"flag"' in text or _has_open_var(targeting)


def _has_open_var(part: Any) -> bool:
    """Whether a `var` in *part* reads a name that is computed, or the whole context."""
    if isinstance(part, list):
        return any(map(_has_open_var, part))
    if not isinstance(part, dict):
        return False
    key = part.get("var", "named")
    name = key[0] if isinstance(key, list) and key else key
    return not isinstance(name, str) or not name or any(map(_has_open_var, part.values()))
