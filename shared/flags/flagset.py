"""All flags of a file, each compiled when it is first evaluated."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shared.flags.definition import Definition, Scalar
from shared.flags.evaluation import Context, Evaluation, Evaluator, FlagBroken, FlagNotFound, evaluator
from shared.flags.flagd_operations import operations
from shared.flags.jsonlogic.compiler import Compile, Rule, compiled


@dataclass(frozen=True)
class FlagSet:
    """The flags of one environment. `built_version` is their version, if the build computed it."""

    definitions: Mapping[str, Definition]
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    environment: str = ""
    built_version: str = ""
    is_stale: bool = False
    """Whether there may be other overrides by now, because the store did not answer."""

    def evaluate(self, key: str, context: Context, now: int = 0) -> Evaluation:
        """The value of *key* for *context* at *now*, in seconds since 1970. Raises FlagNotFound and FlagBroken."""
        try:
            evaluate = self._evaluators[key]
        except KeyError:
            evaluate = self._compile(key)
        return evaluate(context, now)

    def evaluate_all(self, context: Context, now: int = 0) -> dict[str, Evaluation]:
        """Every flag; one that cannot be evaluated has an error of its own."""
        evaluations = {}
        for key, evaluate in self._all:
            try:
                evaluations[key] = evaluate(context, now)
            except FlagBroken as fault:
                evaluations[key] = Evaluation.failed(key, fault)
        return evaluations

    def under(self, variants: Mapping[str, str], *, is_stale: bool = False) -> "FlagSet":
        """These flags where each of *variants* is in force, whatever the flag's rule says; metadata says which.

        An override with a variant that its flag does not have changes nothing. If it *is_stale*, metadata says so too.
        """
        if not variants and not is_stale:
            return self
        key = (tuple(sorted(variants.items())), is_stale)
        flags = self._latest.get(key)
        if flags is None:
            flags = self._derived(variants, is_stale=is_stale)
            self._latest.clear()
            self._latest[key] = flags
        return flags

    def _derived(self, variants: Mapping[str, str], *, is_stale: bool) -> "FlagSet":
        overridden = {
            key: definition.overridden(variant)
            for key, variant in variants.items()
            if (definition := self.definitions.get(key)) and definition.variants.get(variant) is not None
        }
        metadata = {**self.metadata, "stale": True} if is_stale else self.metadata
        content = f"{self.version} {is_stale} {sorted(overridden.items())}"
        version = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16]
        return FlagSet({**self.definitions, **overridden}, metadata, self.environment, version, is_stale)

    def result(self, key: str, rule: Any, data: Any) -> Any:
        """The result of *rule*, a part of the rule of *key*, for *data*: a context with flagd's own attributes."""
        return compiled(rule, {**operations(key), "flag": self._other})(data)

    @cached_property
    def version(self) -> str:
        """A text that changes when any flag does."""
        if self.built_version:
            return self.built_version
        definitions = [f"{key}={json.dumps(definition)}" for key, definition in sorted(self.definitions.items())]
        content = "\n".join([self.environment, json.dumps(dict(self.metadata), sort_keys=True), *definitions])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @cached_property
    def _evaluators(self) -> dict[str, Evaluator]:
        return {}

    @cached_property
    def _latest(self) -> dict[tuple[tuple[tuple[str, str], ...], bool], "FlagSet"]:
        """These flags under the overrides that were last in force."""
        return {}

    @cached_property
    def _all(self) -> list[tuple[str, Evaluator]]:
        return [(key, self._evaluators.get(key) or self._compile(key)) for key in self.definitions]

    def _compile(self, key: str) -> Evaluator:
        """Two threads may compile the same flag at the same time: both make the same function."""
        definition = self.definitions.get(key)
        if definition is None:
            raise FlagNotFound(f"There is no flag {key[:100]!r}.")
        evaluate = evaluator(key, definition, self.metadata, {"flag": self._other})
        self._evaluators[key] = evaluate
        return evaluate

    def _other(self, arguments: Any, _make: Compile) -> Rule:
        """The variant of another flag, for the same context."""
        (name,) = arguments
        now = _timestamp
        return lambda data: self.evaluate(name, data, now(data)).variant


def _timestamp(data: Mapping[str, Any]) -> int:
    return int(data["$flagd"]["timestamp"])
