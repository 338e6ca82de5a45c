"""One flag for one context. Each flag becomes a function of the context when the set is made."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from shared.errors import OposError
from shared.flags.bucketing import WEIGHTS, bucket
from shared.scalars import Day

Context = Mapping[str, Any]
Reason = Literal["STATIC", "SPLIT", "TARGETING_MATCH", "DISABLED"]
"""Source: OpenFeature specification, section 1.7 (resolution reasons)."""


class Flag(BaseModel):
    """The shorthand of flags.yaml. `rollout` is in percent, down to a thousandth of one.

    `requires_auth` means false for who names no user. It protects nothing: the targeting key is what the caller says
    it is, and nobody has verified it. Use it to shape what is shown, not to decide what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    enabled: bool
    rollout: float = Field(default=100, ge=0, le=100)
    requires_auth: bool = False
    description: str = ""
    owner: str = ""
    expires: Annotated[Day | None, Strict(strict=False)] = None
    """The day on which it should be gone; only the weekly review speaks of it."""


class FlagFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    flags: dict[str, Flag]


@dataclass(frozen=True, slots=True)
class Evaluation:
    key: str
    value: bool
    reason: Reason

    @property
    def variant(self) -> str:
        return "on" if self.value else "off"


class FlagNotFound(OposError):
    code = "FLAG_NOT_FOUND"
    http_status = 404


class TargetingKeyMissing(OposError):
    code = "TARGETING_KEY_MISSING"
    http_status = 400


@dataclass(frozen=True)
class FlagSet:
    flags: Mapping[str, Flag]

    def evaluate(self, key: str, context: Context) -> Evaluation:
        """Raises FlagNotFound, or TargetingKeyMissing where a share of the users is asked for and no user is named."""
        evaluator = self._evaluators.get(key)
        if evaluator is None:
            raise FlagNotFound(f"There is no flag {key[:100]!r}.")
        return evaluator(context)

    @cached_property
    def version(self) -> str:
        """A text that changes when any flag does."""
        definitions = [f"{key}={flag.model_dump_json()}" for key, flag in sorted(self.flags.items())]
        return hashlib.sha256("\n".join(definitions).encode()).hexdigest()[:16]

    @cached_property
    def _evaluators(self) -> dict[str, Callable[[Context], Evaluation]]:
        return {key: _compiled(key, flag) for key, flag in self.flags.items()}


def targeting_key(context: Context) -> str:
    """The user that *context* is about; empty when it names none, or in text that UTF-8 cannot spell."""
    found = context.get("targetingKey")
    return found if isinstance(found, str) and is_unicode(found) else ""


def is_unicode(text: str) -> bool:
    """Whether *text* is free of half surrogate pairs, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode() == text


def _compiled(key: str, flag: Flag) -> Callable[[Context], Evaluation]:
    if not flag.enabled:
        return _always(Evaluation(key, value=False, reason="DISABLED"))
    if flag.rollout <= 0:
        return _always(Evaluation(key, value=False, reason="STATIC"))
    rule = _always(Evaluation(key, value=True, reason="STATIC")) if flag.rollout >= 100 else _share(key, flag.rollout)  # noqa: PLR2004
    return _for_users_only(key, rule) if flag.requires_auth else rule


def _always(evaluation: Evaluation) -> Callable[[Context], Evaluation]:
    return lambda _context: evaluation


def _share(key: str, rollout: float) -> Callable[[Context], Evaluation]:
    limit = round(rollout / 100 * WEIGHTS)
    inside, outside = Evaluation(key, value=True, reason="SPLIT"), Evaluation(key, value=False, reason="SPLIT")

    def evaluate(context: Context) -> Evaluation:
        user = targeting_key(context)
        if not user:
            raise TargetingKeyMissing(
                f"{key} is rolled out to a share of the users, so the context needs a targetingKey."
            )
        return inside if bucket(key, user) < limit else outside

    return evaluate


def _for_users_only(key: str, rule: Callable[[Context], Evaluation]) -> Callable[[Context], Evaluation]:
    anonymous = Evaluation(key, value=False, reason="TARGETING_MATCH")
    return lambda context: rule(context) if targeting_key(context) else anonymous
