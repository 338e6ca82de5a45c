"""Random definitions and contexts: every result equals that of openfeature-flagd-core 2.0.0, flagd's Python evaluator."""

import json
import logging
import math
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from shared.config.files.loader import parse_flags
from shared.errors import OposError
from shared.flags import ABSENT
from shared.flags.checked_definition import CheckedDefinition
from shared.flags.file import flag_set
from shared.flags.jsonlogic.compiler import NAMES
from shared.flags.shorthand import Flag, lowered

FLAGS_A_SEED, CONTEXTS, SEEDS = 250, 8, range(12)
KEYS = [
    "a",
    "b",
    "plan",
    "list",
    "obj",
    "obj.x",
    "list.0",
    "list.1.y",
    "nothing",
    "s.0",
    "s.length",
    "$flagd.flagKey",
    1,
    0,
    "",
    None,
]
LEAVES: list[Any] = [
    None, True, False, 0, 1, -1, 2.5, 3, "", "a", "b", "10", "2.5", "abc", " 7 ", "inf", "nan", "true", "on", "off", "x",
    [], ["a", "b"], [1, 2, 3], {"x": 1, "y": 2}, 1e20, "\u00e9",
]  # fmt: skip
VERSIONS = ["1.2.3", "v1.2", "1", "2.0.0-rc.1", "1.2.3+b", "x", "1.2.3.4", "01.2.3", 1.5, None, "V2", "", "v", "1.2.3-"]
VARIANTS = {"on": True, "off": False, "x": "text", "1": 1.5, "true": {"deep": [1]}, "none": None}


class Maker:
    """Makes random rules, both realistic and absurd ones."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def rule(self, depth: int) -> Any:
        kind = self.rng.random()
        if depth <= 0 or kind < 0.2:
            return self.rng.choice(LEAVES)
        if kind < 0.4:
            key = self.rng.choice(KEYS)
            return {"var": key if self.rng.random() < 0.8 else [key, self.rng.choice(LEAVES)]}
        if kind < 0.55:
            return self.flagd()
        return self.logic(depth)

    def logic(self, depth: int) -> Any:
        name = self.rng.choice([operation for operation in NAMES if operation not in {"var", "log"}])
        if name in {"map", "filter", "all", "some", "none", "reduce"}:
            items = self.rng.choice([{"var": "list"}, ["a", 1, {"y": 3, "z": 1}], {"var": "obj"}])
            return {name: [items, self.plain(depth - 1), *([1] if name == "reduce" else [])]}
        most = 2 if name in {"==", "!=", "in"} else 4
        return {name: [self.rule(depth - 1) for _ in range(min(self.rng.choice([0, 1, 2, 2, 2, 3, 4]), most))]}

    def plain(self, depth: int) -> Any:
        """A rule over the items of a list, where there is no user to split."""
        made = self.rule(depth)
        return made if "fractional" not in json.dumps(made) else {"var": ""}

    def flagd(self) -> Any:
        kind, pick = self.rng.random(), self.rng.choice
        if kind < 0.5:
            shares = [
                ["on", pick([25, 75, 1, 2**30])],
                ["off"],
                ["x", pick([0, -5, 3])],
                ["1", 1.5],
                [{"var": "plan"}, 2],
            ]
            chosen = [pick(shares) for _ in range(pick([1, 2, 2, 3]))]
            by = [pick([{"var": "s"}, {"cat": [{"var": "s"}, "z"]}, 5, 5.0, {"var": "obj"}])] if kind < 0.2 else []
            return {"fractional": [*by, *chosen]}
        if kind < 0.75:
            order = pick(["=", "!=", "<", "<=", ">", ">=", "^", "~", "?"])
            return {"sem_ver": [{"var": "v"}, order, pick(VERSIONS)]}
        return {pick(["starts_with", "ends_with"]): [{"var": "s"}, pick(["he", "o", "", 5])]}

    def flag(self) -> dict[str, Any]:
        made: dict[str, Any] = {"state": "ENABLED" if self.rng.random() < 0.95 else "DISABLED", "variants": VARIANTS}
        if self.rng.random() < 0.8:
            made["defaultVariant"] = self.rng.choice(["on", "off", "x"])
        if self.rng.random() < 0.95:
            rule = self.rule(3)
            made["targeting"] = rule if isinstance(rule, dict) else {"if": [rule, "on", self.rule(2)]}
        return made

    def context(self) -> dict[str, Any]:
        pick = self.rng.choice
        made = {
            "a": pick(LEAVES), "b": pick(LEAVES), "plan": pick(["pro", "on", "x", None]), "v": pick(VERSIONS),
            "list": pick([["a", {"y": 5}, 3], [1, 2, 3], [], "text", None]), "obj": pick([{"x": 1}, {"x": {"y": "z"}}, 5]),
            "s": pick(["hello", "", 7, "e" * 300]), "targetingKey": f"user-{self.rng.randrange(10_000)}",
        }  # fmt: skip
        return made if self.rng.random() < 0.9 else {**made, "targetingKey": ""}


def plainly(value: Any) -> Any:
    """*value* as text, so that NaN equals itself and a boolean does not equal a number."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return json.dumps(value, sort_keys=True, default=str)


def theirs(core: FlagdCore, key: str, context: dict[str, Any]) -> tuple[Any, ...]:
    """The result of flagd's evaluator, without a check of the value's type."""
    attributes = {name: value for name, value in context.items() if name != "targetingKey"}
    try:
        evaluation = core._resolve(key, ABSENT, EvaluationContext(context["targetingKey"], attributes), None)
    except Exception:  # noqa: BLE001  (it does not catch what a rule raises)
        return ("fault",)
    return (
        evaluation.value if evaluation.value is ABSENT else plainly(evaluation.value),
        evaluation.variant,
        str(evaluation.reason),
    )


def ours(flags: Any, key: str, context: dict[str, Any]) -> tuple[Any, ...]:
    try:
        evaluation = flags.evaluate(key, context, 0)
    except OposError:
        return ("fault",)
    return (
        evaluation.value if evaluation.value is ABSENT else plainly(evaluation.value),
        evaluation.variant,
        evaluation.reason,
    )


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Turns logging off: flagd's evaluator logs every value of a wrong type."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_flag_has_the_value_that_flagd_gives_it(seed: int) -> None:
    """24,000 evaluations in all."""
    maker, core = Maker(seed), FlagdCore()
    written = {f"flag-{n}": maker.flag() for n in range(FLAGS_A_SEED)}
    core.set_flags({"flags": deepcopy(written)})
    # `opos verify` refuses most of these flags; what has been deployed is evaluated as flagd evaluates it.
    flags = flag_set({key: CheckedDefinition.model_validate(flag) for key, flag in written.items()})
    answers = set()
    for key, flag in written.items():
        for _ in range(CONTEXTS):
            context = maker.context()
            expected = theirs(core, key, context)
            assert ours(flags, key, context) == expected, (json.dumps(flag), json.dumps(context))
            answers.add(expected[0] if expected == ("fault",) else expected[2])
    assert answers == {"fault", "STATIC", "DEFAULT", "TARGETING_MATCH", "DISABLED"}


def test_a_shared_rule_replaces_each_reference_to_it() -> None:
    written = {
        "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@acme.com"]}},
        "metadata": {"team": "shop"},
        "flags": {
            "a": {
                "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
                "targeting": {"if": [{"$ref": "staff"}, "on", None]}, "metadata": {"owner": "me"},
            },
        },
    }  # fmt: skip
    core, flags = FlagdCore(), parse_flags(json.dumps(written))
    core.set_flags(deepcopy(written))
    for email in ("ada@acme.com", "ada@example.com", None):
        context = {"email": email, "targetingKey": "u1"}
        assert ours(flags, "a", context) == theirs(core, "a", context)
    assert flags.evaluate("a", {}).metadata == {"team": "shop", "owner": "me"}


@pytest.mark.parametrize("rollout", [0.001, 4.265, 25, 33.333, 50, 99.999])
def test_a_rollout_of_the_shorthand_selects_the_users_that_flagd_selects(rollout: float) -> None:
    flags = parse_flags(f"flags: {{checkout: {{enabled: true, rollout: {rollout}}}}}")
    core = FlagdCore()
    core.set_flags({"flags": {"checkout": lowered(Flag(enabled=True, rollout=rollout)).as_flagd()}})
    for n in range(500):
        context = {"targetingKey": f"user-{n}"}
        assert ours(flags, "checkout", context) == theirs(core, "checkout", context)
