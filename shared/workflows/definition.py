"""A definition as the engine reads it: resolved, with each task under its JSON pointer, and a digest of its content."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from shared.config.files.located_yaml import Located, Where
from shared.workflows.document import Workflow
from shared.workflows.kinds import Kind
from shared.workflows.nodes import Node, nodes
from shared.workflows.part import Part
from shared.workflows.places import Place, places
from shared.workflows.pointers import pointer, value_at
from shared.workflows.resolution import resolved
from shared.workflows.task import CONTINUE, DIRECTIVES, END, EXIT, Common


class Task(NamedTuple):
    """A task. `list` is the pointer to its list, and `number` its place there; a function has "" and -1."""

    name: str
    pointer: str
    kind: Kind
    model: Common
    list: str
    number: int
    is_branch: bool


@dataclass(frozen=True)
class Definition:
    """A definition without faults. `lines` has the line of each value of the document, by its pointer."""

    document: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def workflow(self) -> Workflow:
        return Workflow.model_validate(self.document)

    @property
    def namespace(self) -> str:
        return self.workflow.document.namespace

    @property
    def name(self) -> str:
        return self.workflow.document.name

    @property
    def version(self) -> str:
        return self.workflow.document.version

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON of the document: the same however the file is written."""
        return hashlib.sha256(canonical(self.document).encode()).hexdigest()

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """All tasks by their pointers, in the order of the document; a task stands before those in it."""
        task_places = places(nodes(self.document)).values()
        return {pointer(place.where): self._task(place) for place in task_places}

    def task(self, pointer: str) -> Task:
        """The task at *pointer*. Raises KeyError if there is none."""
        return self.tasks[pointer]

    def following(self, pointer: str) -> str | None:
        """The pointer of the next task in the list of the one at *pointer*; None for the last, or for a branch."""
        task = self.tasks[pointer]
        return None if task.is_branch else self._lists.get((task.list, task.number + 1))

    def target(self, pointer: str, directive: str = CONTINUE) -> str:
        """Where *directive* leads after the task at *pointer*: the pointer of a task, `exit` or `end`.

        `exit` says that the list is over and what contains it goes on. In the list of the workflow itself, it is `end`.
        """
        task = self.tasks[pointer]
        if directive not in DIRECTIVES:
            return self._lists[task.list, directive]
        following = self.following(pointer) if directive == CONTINUE else None
        return following or (END if directive == END or task.list == "/do" else EXIT)

    @cached_property
    def _lists(self) -> Mapping[tuple[str, int | str], str]:
        """The pointers of the tasks, by their lists with their numbers there, and with their names."""
        tasks = [task for task in self.tasks.values() if task.list]
        return {(task.list, key): task.pointer for task in tasks for key in (task.number, task.name)}

    def _task(self, place: Place) -> Task:
        model = _part_at(self.workflow, place.where)
        if place.number < 0:  # a function has the name by which it is called
            call = value_at(self.document, place.where[:-1])["call"]
            return Task(call, pointer(place.where), place.kind, model, "", -1, is_branch=False)
        list_pointer = pointer(place.list_where)
        return Task(place.name, pointer(place.where), place.kind, model, list_pointer, place.number, place.is_branch)


def definition_in(located: Located, of_file: tuple[Node, ...]) -> Definition:
    """The definition in *located*, which has no faults and consists of the nodes *of_file*."""
    document, origins = resolved(located.data, of_file)
    lines = {pointer(target): located.line(source) for target, source in origins.items()}
    return Definition(document, lines)


def canonical(document: Any) -> str:
    """*document* as JSON that is the same for equal content."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _part_at(workflow: Workflow, where: Where) -> Any:
    """The model of the part at *where* of *workflow*."""
    part: Any = workflow
    for step in where:
        part = getattr(part, _attribute(part, str(step))) if isinstance(part, Part) else part[step]
    return part


def _attribute(part: Part, key: str) -> str:
    fields = type(part).model_fields
    return next(name for name, info in fields.items() if (info.alias or name) == key)
