"""Where the directives of a definition lead: the names of the tasks in each list, and the cases of a switch."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.workflows.nodes import Node
from shared.workflows.part import Leads
from shared.workflows.places import Place, around
from shared.workflows.task import DIRECTIVES
from shared.workflows.validation import fault


def flow_faults(located: Located, nodes: tuple[Node, ...], places: Mapping[Where, Place]) -> Iterator[Fault]:
    """Every directive that leads nowhere, every name that is taken, and every default too many."""
    lists = _names(places)
    for node in nodes:
        task = next(iter(around(node.where, places)), None) if isinstance(node.mark, Leads) else None
        if task and node.value not in DIRECTIVES:
            yield from _leads_nowhere(located, node, task, lists)
    yield from _taken_names(located, places)
    for place in places.values():
        if place.kind == "switch":
            yield from _second_defaults(located, place)


def _names(places: Mapping[Where, Place]) -> dict[Where, list[str]]:
    """The names in each list of tasks. A branch of a fork has no others beside it."""
    lists: dict[Where, list[str]] = {}
    for place in places.values():
        if place.number >= 0 and not place.is_branch:
            lists.setdefault(place.list_where, []).append(place.name)
    return lists


def _leads_nowhere(located: Located, node: Node, task: Place, lists: Mapping[Where, list[str]]) -> Iterator[Fault]:
    names = lists.get(task.list_where, []) if task.number >= 0 else []
    if node.value in names:
        return
    hint = nearest(node.value, names)
    if task.is_branch:
        hint = "a branch can only end itself (exit) or the run (end)"
    elif any(node.value in others for others in lists.values()):
        hint = "that task is in another list; use exit to leave this one"
    expected = f"continue, exit, end or a task of the same list ({', '.join(names) or 'it has none'})"
    yield fault(located, node.where, expected, repr(node.value), hint)


def _taken_names(located: Located, places: Mapping[Where, Place]) -> Iterator[Fault]:
    first: dict[tuple[Where, str], Place] = {}
    for place in places.values():
        if place.name in DIRECTIVES:
            expected = "a name that is no flow directive"
            yield fault(located, place.where, expected, repr(place.name), "choose another name")
        if place.number < 0:
            continue
        other = first.setdefault((place.list_where, place.name), place)
        if other is not place:
            actual = f"{place.name!r} also on line {located.line(other.where)}"
            yield fault(located, place.where, "each name once in a list", actual)


def _second_defaults(located: Located, place: Place) -> Iterator[Fault]:
    """Each case without `when` after the first."""
    defaults = [where for where, case in _cases(place) if isinstance(case, dict) and "when" not in case]
    for where in defaults[1:]:
        hint = f"{defaults[0][-1]!r} is the default already; add when"
        yield fault(located, where, "at most one case without when", repr(where[-1]), hint)


def _cases(place: Place) -> Iterator[tuple[Where, Any]]:
    cases = place.task["switch"]
    for index, entry in enumerate(cases if isinstance(cases, list) else []):
        for name, case in entry.items() if isinstance(entry, dict) else ():
            yield (*place.where, "switch", index, name), case
