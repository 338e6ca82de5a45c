"""flags.yaml: flags in the shorthand and flagd definitions, mixed freely, and the rules that they share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from shared.flags.checked_definition import CheckedDefinition
from shared.flags.definition import Scalar
from shared.flags.flagd_operations import operations
from shared.flags.flagset import FlagSet
from shared.flags.jsonlogic.compiler import NAMES
from shared.flags.operands import Problem, Where, endless, of_operation, results, variant_name
from shared.flags.shorthand import Flag, lowered

OPERATIONS = (*NAMES, *operations(""), "flag")
"""Every operation that a rule may name."""


def _form(flag: Any) -> str:
    fields = flag if isinstance(flag, dict) else {}
    is_definition = isinstance(flag, CheckedDefinition) or {"state", "variants"} & fields.keys()
    return "a flagd definition" if is_definition else "the shorthand"


class FlagFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    flags: dict[
        str,
        Annotated[
            Annotated[Flag, Tag("the shorthand")] | Annotated[CheckedDefinition, Tag("a flagd definition")],
            Discriminator(_form),
        ],
    ]
    metadata: dict[str, Scalar] = Field(default_factory=dict)
    evaluators: Annotated[dict[str, Any], Field(alias="$evaluators")] = Field(default_factory=dict)
    schema_: Annotated[str, Field(alias="$schema")] = ""

    def flag_set(self, environment: str = "") -> FlagSet:
        """The flags of the file as they are in *environment*."""
        return flag_set(self.flags, self.metadata, environment)


def flag_set(
    flags: Mapping[str, Flag | CheckedDefinition], metadata: Mapping[str, Scalar] | None = None, environment: str = ""
) -> FlagSet:
    """*flags* as they are in *environment*, each as a plain definition."""
    definitions = {
        key: lowered(flag, environment) if isinstance(flag, Flag) else flag.definition() for key, flag in flags.items()
    }
    return FlagSet(definitions, metadata or {}, environment)


def with_references(data: Any) -> Any:
    """*data*, the file as plain values, with each `$ref` replaced by the rule that it names."""
    evaluators = data.get("$evaluators") if isinstance(data, dict) else None
    if not isinstance(evaluators, dict) or not isinstance(data.get("flags"), dict):
        return data
    return {**data, "flags": _resolved(data["flags"], evaluators, ())}


def _resolved(part: Any, evaluators: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_resolved(item, evaluators, within) for item in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref")
    if len(part) == 1 and isinstance(name, str) and name in evaluators and name not in within:
        return _resolved(evaluators[name], evaluators, (*within, name))
    return {key: _resolved(value, evaluators, within) for key, value in part.items()}


def problems(data: Any) -> Iterator[Problem]:
    """Every name in *data* that refers to nothing, and every cycle. *data* need not be valid in other ways."""
    flags = data.get("flags") if isinstance(data, dict) else None
    if not isinstance(flags, dict):
        return
    evaluators = data.get("$evaluators") if isinstance(data.get("$evaluators"), dict) else {}
    names, rules = list(flags), list(evaluators)
    for name, rule in evaluators.items():
        yield from _in_rule(rule, ("$evaluators", name), names, rules)
    yield from endless(data, ())
    for key, flag in flags.items():
        if isinstance(flag, dict):
            yield from _in_rule(flag.get("targeting"), ("flags", key, "targeting"), names, rules)
            yield from _unknown(flag.get("requires"), ("flags", key, "requires"), names)
            yield from _without_on(flag.get("requires"), ("flags", key, "requires"), flags)
            yield from _variants(flag, ("flags", key))
    for key in _in_cycles({key: set(_required(flag)) for key, flag in flags.items()}):
        yield ("flags", key), "a flag that does not require itself, directly or through others", key, []
    for name in _in_cycles({name: set(_named(rule, "$ref")) for name, rule in evaluators.items()}):
        yield ("$evaluators", name), "a rule that does not contain itself, directly or through others", name, []


def _in_rule(part: Any, where: Where, flags: list[str], evaluators: list[str]) -> Iterator[Problem]:
    if isinstance(part, list):
        for number, item in enumerate(part):
            yield from _in_rule(item, (*where, number), flags, evaluators)
    if not isinstance(part, dict) or len(part) != 1:
        return
    ((name, arguments),) = part.items()
    if name == "$ref":
        if arguments not in evaluators:
            yield (*where, name), "an entry of $evaluators", arguments, evaluators
    elif name == "flag":
        yield from _unknown([arguments], where, flags)
    elif name not in OPERATIONS:
        yield (*where, name), "an operation of JsonLogic or flagd", name, list(OPERATIONS)
    yield from of_operation(name, arguments, (*where, name))
    yield from _in_rule(arguments if isinstance(arguments, list) else [arguments], (*where, name), flags, evaluators)


def _unknown(names: Any, where: Where, flags: list[str]) -> Iterator[Problem]:
    for number, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and name not in flags:
            yield (*where, number), "a flag of this file", name, flags


def _without_on(names: Any, where: Where, flags: Mapping[str, Any]) -> Iterator[Problem]:
    """Each flag that is required, but is never on, because it has other variants."""
    for number, name in enumerate(names if isinstance(names, list) else []):
        flag = flags.get(name) if isinstance(name, str) else None
        variants = flag.get("variants") if isinstance(flag, dict) else None
        if isinstance(variants, dict) and "on" not in variants:
            yield (*where, number), "a flag with the variant on", name, []


def _variants(flag: Mapping[str, Any], where: Where) -> Iterator[Problem]:
    """Values of several types, of which a client can read only one, and results that are no variant."""
    variants = flag.get("variants")
    if not isinstance(variants, dict):
        return
    types = sorted({_TYPES.get(type(value), "a list") for value in variants.values() if value is not None})
    if len(types) > 1:
        yield (*where, "variants"), "values of one type, since each client asks for one", " and ".join(types), []
    names = list(map(variant_name, variants))
    for place, result in results(flag.get("targeting"), (*where, "targeting")):
        if result is not None and variant_name(result) not in names:
            yield place, f"a variant of the flag ({', '.join(names)})", result, names


_TYPES: Mapping[type, str] = {
    bool: "true or false", int: "a number", float: "a number", str: "a text", dict: "an object",
}  # fmt: skip


def _in_cycles(references: Mapping[str, set[str]]) -> Iterator[str]:
    """The names that refer to themselves, directly or through the names that they refer to."""
    for key, names in references.items():
        seen, ahead = set[str](), set(names)
        while ahead:
            name = ahead.pop()
            seen.add(name)
            ahead |= references.get(name, set()) - seen
        if key in seen:
            yield key


def _required(flag: Any) -> Iterator[str]:
    """The flags that *flag* requires, or that its rule evaluates."""
    if isinstance(flag, dict):
        yield from (name for name in flag.get("requires") or [] if isinstance(name, str))
        yield from _named(flag.get("targeting"), "flag")


def _named(part: Any, operation: str) -> Iterator[str]:
    """The names that each *operation* within *part* refers to."""
    if isinstance(part, list):
        for item in part:
            yield from _named(item, operation)
    elif isinstance(part, dict):
        if len(part) == 1 and isinstance(part.get(operation), str):
            yield part[operation]
        yield from _named(list(part.values()), operation)
