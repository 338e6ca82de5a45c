"""The functions of `use`: none may call itself, and none stands in a task."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located, Where
from shared.workflows.places import FUNCTIONS, Place
from shared.workflows.references import declared
from shared.workflows.validation import fault

FUNCTION = "function"
"""The key under which a call of a resolved definition has the function that it calls. No file may have it."""


def function_faults(located: Located, places: Mapping[Where, Place]) -> Iterator[Fault]:
    calls = _called(located.data, places)
    """Every function that calls itself, and every task that has one by itself."""
    for place in places.values():
        if place.kind == "call.function" and FUNCTION in place.task:
            expected = "a function of use.functions under call"
            yield fault(located, (*place.where, FUNCTION), expected, f"the key {FUNCTION!r}")
    for name in calls:
        if name in _reached(name, calls):
            expected = "a function that does not call itself, also not through others"
            yield fault(located, (*FUNCTIONS, name), expected, repr(name))


def _called(data: Any, places: Mapping[Where, Place]) -> dict[str, set[str]]:
    """The functions of `use`, each with those that it calls itself."""
    names = declared(data, "functions")
    calls: dict[str, set[str]] = {name: set() for name in names}
    for place in places.values():
        called = place.task.get("call")
        if place.where[:2] == FUNCTIONS and place.kind == "call.function" and called in calls:
            calls[str(place.where[2])].add(str(called))
    return calls


def _reached(name: str, calls: Mapping[str, set[str]]) -> set[str]:
    reached, ahead = set[str](), list(calls[name])
    while ahead:
        called = ahead.pop()
        if called not in reached:
            reached.add(called)
            ahead += calls[called]
    return reached
