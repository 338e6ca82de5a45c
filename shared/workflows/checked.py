"""A file with a workflow, checked: its definition or all of its faults, and warnings of what is surely not meant."""

from collections.abc import Iterator
from typing import NamedTuple

from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located
from shared.ports.evaluator import Evaluator
from shared.workflows.catches import catch_faults
from shared.workflows.definition import Definition, definition_in
from shared.workflows.doubts import doubts
from shared.workflows.flow import flow_faults
from shared.workflows.functions import function_faults, size_faults
from shared.workflows.nodes import Node, nodes
from shared.workflows.places import places
from shared.workflows.references import name_faults
from shared.workflows.texts import expression_faults, text_faults
from shared.workflows.validation import shape_faults


class Checked(NamedTuple):
    """`definition` is None if there are faults. A definition with faults has no warnings yet."""

    file: str
    definition: Definition | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def checked(located: Located, evaluator: Evaluator | None) -> Checked:
    """The workflow in *located*. Without an *evaluator*, nothing is said of what stands in expressions."""
    content = nodes(located.data)
    faults = _in_order(_faults(located, content, evaluator)) or tuple(size_faults(located, places(content)))
    if faults:
        return Checked(located.file, None, faults, ())
    warnings = _in_order(doubts(located, content, places(content)))
    return Checked(located.file, definition_in(located, content), (), warnings)


def _faults(located: Located, content: tuple[Node, ...], evaluator: Evaluator | None) -> Iterator[Fault]:
    tasks = places(content)
    yield from shape_faults(located, content)
    yield from name_faults(located, content)
    yield from flow_faults(located, content, tasks)
    yield from function_faults(located, tasks)
    yield from catch_faults(located, tasks)
    yield from text_faults(located, content)
    if evaluator is not None:
        yield from expression_faults(located, content, tasks, evaluator)


def _in_order(faults: Iterator[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.line, fault.path)))
