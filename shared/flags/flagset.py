"""All flags of a file, each compiled when it is first asked for."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.flags.evaluation import Context, Evaluation, Evaluator, FlagBroken, FlagNotFound, evaluator
from shared.flags.flagd_operations import operations
from shared.flags.jsonlogic.compiler import Compile, Rule, compiled
from shared.flags.plain import Plain, Scalar

if TYPE_CHECKING:
    from shared.flags.definition import Definition
    from shared.flags.shorthand import Flag


@dataclass(frozen=True)
class FlagSet:
    """`flags` as they are written; `environment` chooses among what the shorthand says for each. `made` is the version
    of flags that were lowered before.
    """

    flags: "Mapping[str, Flag | Definition | Plain]"
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    environment: str = ""
    made: str = ""

    def evaluate(self, key: str, context: Context, now: int = 0) -> Evaluation:
        """The value of *key* for *context* at *now*, in seconds since 1970. Raises FlagNotFound and FlagBroken."""
        try:
            found = self._evaluators[key]
        except KeyError:
            found = self._compile(key)
        return found(context, now)

    def evaluate_all(self, context: Context, now: int = 0) -> dict[str, Evaluation]:
        """Every flag, each with its own fault."""
        found = {}
        for key, evaluate in self._all:
            try:
                found[key] = evaluate(context, now)
            except FlagBroken as fault:
                found[key] = Evaluation.failed(key, fault)
        return found

    def overridden(self, key: str, variant: str) -> Evaluation | None:
        """*key* as somebody has set it for everybody; None where it has no such *variant*, so that its rule counts."""
        if (key, variant) not in self._overridden:
            definition = self.definitions.get(key)
            if definition is None or definition.variants.get(variant) is None:
                return None
            said = {**self.metadata, **definition.metadata}
            self._overridden[key, variant] = Evaluation(key, definition.variants[variant], "OVERRIDE", variant, said)
        return self._overridden[key, variant]

    def worked_out(self, key: str, rule: Any, data: Any) -> Any:
        """What a part of the rule of *key* makes of *data*, which holds what flagd adds to a context."""
        return compiled(rule, {**operations(key), "flag": self._other})(data)

    @cached_property
    def definitions(self) -> dict[str, Plain]:
        """Every flag as flagd defines it."""
        return {key: flag if isinstance(flag, Plain) else self._lowered(flag) for key, flag in self.flags.items()}

    def _lowered(self, flag: "Flag | Definition") -> Plain:
        from shared.flags.shorthand import Flag, lowered

        return (lowered(flag, self.environment) if isinstance(flag, Flag) else flag).plain()

    @cached_property
    def version(self) -> str:
        """A text that changes when any flag does."""
        if self.made:
            return self.made
        definitions = [f"{key}={_spelled(flag)}" for key, flag in sorted(self.flags.items())]
        written = "\n".join([self.environment, json.dumps(dict(self.metadata), sort_keys=True), *definitions])
        return hashlib.sha256(written.encode()).hexdigest()[:16]

    @cached_property
    def _evaluators(self) -> dict[str, Evaluator]:
        return {}

    @cached_property
    def _all(self) -> list[tuple[str, Evaluator]]:
        return [(key, self._evaluators.get(key) or self._compile(key)) for key in self.flags]

    @cached_property
    def _overridden(self) -> dict[tuple[str, str], Evaluation]:
        return {}

    def _compile(self, key: str) -> Evaluator:
        """Two threads may compile the same flag at once: both make the same function."""
        definition = self.definitions.get(key)
        if definition is None:
            raise FlagNotFound(f"There is no flag {key[:100]!r}.")
        made = evaluator(key, definition, self.metadata, {"flag": self._other})
        self._evaluators[key] = made
        return made

    def _other(self, arguments: Any, _make: Compile) -> Rule:
        """The variant of another flag, for the same context."""
        (name,) = arguments
        now = _timestamp
        return lambda data: self.evaluate(name, data, now(data)).variant


def _spelled(flag: "Flag | Definition | Plain") -> str:
    return json.dumps(flag) if isinstance(flag, Plain) else flag.model_dump_json()


def _timestamp(data: Mapping[str, Any]) -> int:
    return int(data["$flagd"]["timestamp"])
