"""Catches that no error can reach."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located, Where
from shared.workflows.errors import STATUSES, standard_name
from shared.workflows.expressions import source
from shared.workflows.places import FUNCTIONS, Place
from shared.workflows.pointers import pointer
from shared.workflows.validation import fault

_OPEN = frozenset({"raise", "call.function", "run.workflow"})
"""The tasks whose errors may have any type with any status."""
_NEVER: Mapping[str, tuple[str, ...]] = {"when": ("false", "null"), "exceptWhen": ("true",)}


def catch_faults(located: Located, places: Mapping[Where, Place]) -> Iterator[Fault]:
    """Every catch that cannot catch anything."""
    for place in places.values():
        if place.kind == "try" and isinstance(place.task.get("catch"), dict):
            yield from _unreachable(located, place, places)


def _unreachable(located: Located, place: Place, places: Mapping[Where, Place]) -> Iterator[Fault]:
    where, catch = (*place.where, "catch"), place.task["catch"]
    within = [task for task in places.values() if place.rest(task.where)[:1] == ("try",) and _is_in(task, place)]
    if place.task.get("try") == []:
        yield fault(located, (*place.where, "try"), "at least one task, since nothing else can fail", "an empty list")
    for key, values in _NEVER.items():
        condition = catch.get(key)
        if isinstance(condition, str) and source(condition) in values:
            expected = "a condition that some error meets; this catch catches none"
            yield fault(located, (*where, key), expected, repr(condition))
    yield from _impossible(located, (*where, "errors", "with"), _filter(catch), within)


def _is_in(task: Place, place: Place) -> bool:
    return len(task.where) > len(place.where) and task.where[: len(place.where)] == place.where


def _has(task: Place, instance: str) -> bool:
    """Whether *instance* is the pointer of *task*, or of one in the function that it calls."""
    own = pointer(task.where)
    return instance == own or (task.kind == "call.function" and instance.startswith(f"{own}/"))


def _filter(catch: Mapping[str, Any]) -> Mapping[str, Any]:
    errors = catch.get("errors")
    wanted = errors.get("with") if isinstance(errors, dict) else None
    return wanted if isinstance(wanted, dict) else {}


def _impossible(located: Located, where: Where, filter: Mapping[str, Any], within: list[Place]) -> Iterator[Fault]:
    """What *filter* asks for and no error of the tasks *within* has."""
    instance = filter.get("instance")
    if isinstance(instance, str) and where[:2] != FUNCTIONS and not any(_has(task, instance) for task in within):
        pointers = ", ".join(pointer(task.where) for task in within)
        expected = f"the pointer of a task in this try ({pointers or 'it has none'})"
        yield fault(located, (*where, "instance"), expected, repr(instance))
    status, name = filter.get("status"), standard_name(str(filter.get("type")))
    usual = STATUSES.get(name)
    if usual and isinstance(status, int) and status != usual and not any(task.kind in _OPEN for task in within):
        expected = f"status {usual}, which every {name} error has; this catch catches none"
        yield fault(located, (*where, "status"), expected, str(status), "leave the status out, or mend the type")
