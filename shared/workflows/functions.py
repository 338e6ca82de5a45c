"""The functions of `use`: none may call itself, and none stands in a task."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located, Where
from shared.workflows.places import FUNCTIONS, Place
from shared.workflows.references import declared
from shared.workflows.validation import fault

FUNCTION = "function"
"""The key under which a call of a resolved definition has the function that it calls. No file may have it."""
MOST_TASKS = 10_000
"""How many tasks a definition may have: as many as a run."""


def function_faults(located: Located, places: Mapping[Where, Place]) -> Iterator[Fault]:
    """Every function that calls itself, and every task that has one by itself."""
    calls = _called(located.data, places)
    for place in places.values():
        if place.kind == "call.function" and FUNCTION in place.task:
            expected = "a function of use.functions under call"
            yield fault(located, (*place.where, FUNCTION), expected, f"the key {FUNCTION!r}")
    for name in calls:
        if name in _reached(name, calls):
            expected = "a function that does not call itself, also not through others"
            yield fault(located, (*FUNCTIONS, name), expected, repr(name))


def size_faults(located: Located, places: Mapping[Where, Place]) -> Iterator[Fault]:
    """A definition whose functions, each put in where it is called, make too many tasks."""
    total = _size(located.data, places)
    if total > MOST_TASKS:
        expected = f"at most {MOST_TASKS} tasks, with those of each function where it is called"
        yield fault(located, FUNCTIONS, expected, str(total))


def _size(data: Any, places: Mapping[Where, Place]) -> int:
    """How many tasks the definition *data* has if each function, none of which calls itself, is put in at its calls."""
    names = declared(data, "functions")

    @cache
    def size(within: Where) -> int:
        tasks = [place for place in places.values() if place.where[: len(within)] == within]
        own = [place for place in tasks if within or place.where[:2] != FUNCTIONS]
        called = [place.task["call"] for place in own if place.kind == "call.function"]
        return len(own) + sum(size((*FUNCTIONS, name)) for name in called if name in names)

    return size(())


def _called(data: Any, places: Mapping[Where, Place]) -> dict[str, set[str]]:
    """The functions of `use`, each with those that it calls itself."""
    names = declared(data, "functions")
    calls: dict[str, set[str]] = {name: set() for name in names}
    for place in places.values():
        called = str(place.task.get("call"))
        if place.where[:2] == FUNCTIONS and place.kind == "call.function" and called in calls:
            calls[str(place.where[2])].add(called)
    return calls


def _reached(name: str, calls: Mapping[str, set[str]]) -> set[str]:
    reached, ahead = set[str](), list(calls[name])
    while ahead:
        called = ahead.pop()
        if called not in reached:
            reached.add(called)
            ahead += calls[called]
    return reached
