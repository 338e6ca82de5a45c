"""Where the directives of a definition lead: the names of the tasks in each list, and the cases of a switch."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.workflows.nodes import Node
from shared.workflows.part import Leads
from shared.workflows.places import Place, around
from shared.workflows.pointers import value_at
from shared.workflows.task import DIRECTIVES
from shared.workflows.validation import fault


def flow_faults(located: Located, nodes: tuple[Node, ...], places: Mapping[Where, Place]) -> Iterator[Fault]:
    """Every directive that leads nowhere, every name that is taken, and every default too many."""
    for node in nodes:
        if isinstance(node.mark, Leads):
            yield from _leads_nowhere(located, node, places)
    yield from _task_names(located, places)
    for place in places.values():
        if place.kind == "switch":
            yield from _second_defaults(located, place)


def _leads_nowhere(located: Located, node: Node, places: Mapping[Where, Place]) -> Iterator[Fault]:
    task = next(iter(around(node.where, places)), None)
    if node.value in DIRECTIVES or task is None:
        return
    names = [] if task.is_branch else siblings(task, places)
    if node.value in names:
        return
    elsewhere = [place for place in places.values() if place.name == node.value and place.number >= 0]
    hint = nearest(node.value, names)
    if task.is_branch:
        hint = "a branch can only end itself (exit) or the run (end)"
    elif elsewhere:
        hint = "that task is in another list; use exit to leave this one"
    expected = f"continue, exit, end or a task of the same list ({', '.join(names) or 'it has none'})"
    yield fault(located, node.where, expected, repr(node.value), hint)


def siblings(task: Place, places: Mapping[Where, Place]) -> list[str]:
    """The names in the list of *task*, which is itself one of them."""
    same = (place for place in places.values() if place.number >= 0 and place.list_where == task.list_where)
    return [place.name for place in same] if task.number >= 0 else []


def _task_names(located: Located, places: Mapping[Where, Place]) -> Iterator[Fault]:
    first: dict[tuple[Where, str], int] = {}
    for place in places.values():
        if place.name in DIRECTIVES:
            expected = "a name that is no flow directive"
            yield fault(located, place.where, expected, repr(place.name), "choose another name")
        if place.number < 0:
            continue
        line = first.setdefault((place.list_where, place.name), located.line(place.where))
        if value_at(located.data, place.list_where)[place.number] is not _first(located, place):
            yield fault(located, place.where, "each name once in a list", f"{place.name!r} also on line {line}")


def _first(located: Located, place: Place) -> Any:
    """The first entry with the name of *place* in its list."""
    entries = value_at(located.data, place.list_where)
    return next(entry for entry in entries if isinstance(entry, dict) and place.name in entry)


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
