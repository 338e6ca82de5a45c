"""What is valid in a definition, but surely not meant: `opos workflows check` warns about it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.workflows.calls import SAFE
from shared.workflows.nodes import Node
from shared.workflows.part import Valued
from shared.workflows.places import Place, around
from shared.workflows.references import declared
from shared.workflows.validation import fault

_LOOKS_EVALUATED = re.compile(r"(?:\.|\$)[A-Za-z_]\w*(?:\.\w+|\[\d*\])*")


def doubts(located: Located, nodes: Sequence[Node], places: Mapping[Where, Place]) -> Iterator[Fault]:
    """The warnings of a definition without faults."""
    for place in places.values():
        if place.kind == "listen":
            yield from _endless(located, place, places)
        elif place.kind == "try":
            yield from _of_catch(located, place, places)
        elif place.kind == "call.function":
            yield from _unknown_function(located, place)
    yield from (_unevaluated(located, node) for node in nodes if _looks_evaluated(node))


def _endless(located: Located, place: Place, places: Mapping[Where, Place]) -> Iterator[Fault]:
    tasks = around(place.where, places)
    if "timeout" not in located.data and not any("timeout" in task.task for task in tasks):
        hint = "add timeout to the task, or to the workflow"
        yield fault(located, place.where, "a time-out for a task that listens", "none", hint)


def _of_catch(located: Located, place: Place, places: Mapping[Where, Place]) -> Iterator[Fault]:
    catch, where = place.task["catch"], (*place.where, "catch")
    if not {"retry", "do", "then"} & set(catch):
        expected = "retry, do or then, which say what to do about an error"
        hint = "as it is, the run goes on with the input of the try"
        yield fault(located, where, expected, "a catch that swallows it", hint)
    if {"retry", "do"} <= set(catch):
        expected = "no do beside retry, unless do is what follows the last retry"
        hint = "opos retries first; other runtimes run do before each retry, or never"
        yield fault(located, (*where, "do"), expected, "both", hint)
    calls = _effects(place, places)
    if "retry" in catch and len(calls) > 1:
        names = ", ".join(task.name for task in calls)
        hint = "put each in a try of its own, unless its receiver knows a repeated call by its Idempotency-Key"
        expected = "one call in a list that is retried, since each retry begins with its first task"
        yield fault(located, (*place.where, "try"), expected, f"{len(calls)}: {names}", hint)


def _effects(place: Place, places: Mapping[Where, Place]) -> list[Place]:
    """The tasks in the list of the try *place* that change something elsewhere."""
    tasks = (task for task in places.values() if task.where[: len(place.where)] == place.where)
    return [task for task in tasks if place.rest(task.where)[:1] == ("try",) and _has_effect(task)]


def _has_effect(task: Place) -> bool:
    request: Any = task.task.get("with")
    is_safe = task.kind == "call.http" and str(request["method"]).lower() in SAFE
    return task.kind.startswith("call.") and not is_safe


def _unknown_function(located: Located, place: Place) -> Iterator[Fault]:
    names, name = declared(located.data, "functions"), place.task["call"]
    if name not in names:
        expected = f"a function of use.functions ({', '.join(names) or 'it has none'}); this release knows no others"
        yield fault(located, (*place.where, "call"), expected, repr(name), nearest(name, names))


def _looks_evaluated(node: Node) -> bool:
    is_text = isinstance(node.value, str) and isinstance(node.mark, Valued)
    return is_text and _LOOKS_EVALUATED.fullmatch(node.value) is not None


def _unevaluated(located: Located, node: Node) -> Fault:
    expected = f"${{ {node.value} }}, if an expression is meant"
    return fault(located, node.where, expected, repr(node.value), "as it is, it stays a text")
