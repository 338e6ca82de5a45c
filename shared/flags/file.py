"""flags.yaml: the shorthand and flagd's definitions, freely mixed, and what they share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from shared.flags.checked_definition import CheckedDefinition
from shared.flags.definition import Scalar
from shared.flags.flagd_operations import operations
from shared.flags.flagset import FlagSet
from shared.flags.jsonlogic.compiler import NAMES
from shared.flags.shorthand import Flag, lowered

OPERATIONS = (*NAMES, *operations(""), "flag")
"""Every operation that a rule may name."""
Where = tuple[str | int, ...]
Problem = tuple[Where, str, Any, list[str]]
"""Where it is, what was expected, what was found, and the names that were meant, perhaps."""


def _form(flag: Any) -> str:
    written = flag if isinstance(flag, dict) else {}
    is_definition = isinstance(flag, CheckedDefinition) or {"state", "variants"} & written.keys()
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
    """*flags* as flagd definitions, for *environment*."""
    definitions = {
        key: lowered(flag, environment) if isinstance(flag, Flag) else flag.definition() for key, flag in flags.items()
    }
    return FlagSet(definitions, metadata or {}, environment)


def with_references(data: Any) -> Any:
    """*data*, the file as plain values, with what `$ref` names put in its place."""
    evaluators = data.get("$evaluators") if isinstance(data, dict) else None
    if not isinstance(evaluators, dict) or not isinstance(data.get("flags"), dict):
        return data
    return {**data, "flags": _resolved(data["flags"], evaluators, ())}


def _resolved(part: Any, evaluators: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_resolved(one, evaluators, within) for one in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref")
    if len(part) == 1 and isinstance(name, str) and name in evaluators and name not in within:
        return _resolved(evaluators[name], evaluators, (*within, name))
    return {key: _resolved(one, evaluators, within) for key, one in part.items()}


def problems(data: Any) -> Iterator[Problem]:
    """What is wrong between the values of *data*, which may be wrong in any other way too."""
    flags = data.get("flags") if isinstance(data, dict) else None
    if not isinstance(flags, dict):
        return
    evaluators = data.get("$evaluators") if isinstance(data.get("$evaluators"), dict) else {}
    names, rules = list(flags), list(evaluators)
    for name, rule in evaluators.items():
        yield from _in_rule(rule, ("$evaluators", name), names, rules)
    for key, flag in flags.items():
        if isinstance(flag, dict):
            yield from _in_rule(flag.get("targeting"), ("flags", key, "targeting"), names, rules)
            yield from _unknown(flag.get("requires"), ("flags", key, "requires"), names)
    for key in _in_cycles({key: set(_asked(flag)) for key, flag in flags.items()}):
        yield ("flags", key), "a flag that does not require itself, not even by way of others", key, []
    for name in _in_cycles({name: set(_named(rule, "$ref")) for name, rule in evaluators.items()}):
        yield ("$evaluators", name), "a rule that does not hold itself, not even by way of others", name, []


def _in_rule(part: Any, where: Where, flags: list[str], evaluators: list[str]) -> Iterator[Problem]:
    if isinstance(part, list):
        for number, one in enumerate(part):
            yield from _in_rule(one, (*where, number), flags, evaluators)
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
    yield from _in_rule(arguments if isinstance(arguments, list) else [arguments], (*where, name), flags, evaluators)


def _unknown(names: Any, where: Where, flags: list[str]) -> Iterator[Problem]:
    for number, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and name not in flags:
            yield (*where, number), "a flag of this file", name, flags


def _in_cycles(asked: Mapping[str, set[str]]) -> Iterator[str]:
    """Those that ask for themselves by way of what they ask for."""
    for key, wanted in asked.items():
        seen, ahead = set[str](), set(wanted)
        while ahead:
            one = ahead.pop()
            seen.add(one)
            ahead |= asked.get(one, set()) - seen
        if key in seen:
            yield key


def _asked(flag: Any) -> Iterator[str]:
    """The flags that *flag* requires, or its rule asks for."""
    if isinstance(flag, dict):
        yield from (one for one in flag.get("requires") or [] if isinstance(one, str))
        yield from _named(flag.get("targeting"), "flag")


def _named(part: Any, operation: str) -> Iterator[str]:
    """What each *operation* within *part* names."""
    if isinstance(part, list):
        for one in part:
            yield from _named(one, operation)
    elif isinstance(part, dict):
        if len(part) == 1 and isinstance(part.get(operation), str):
            yield part[operation]
        yield from _named(list(part.values()), operation)
