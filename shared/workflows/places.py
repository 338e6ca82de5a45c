"""The tasks of an unchecked definition: where each is, and in which list."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.config.files.located_yaml import Where
from shared.workflows.kinds import Kind, kind_of
from shared.workflows.nodes import Node
from shared.workflows.task import Common

FUNCTIONS = ("use", "functions")


class Place(NamedTuple):
    """A task of a known type. A function has no list: `number` is -1."""

    where: Where
    kind: Kind
    task: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.where[-1])

    @property
    def list_where(self) -> Where:
        return self.where[:-2]

    @property
    def number(self) -> int:
        position = self.where[-2] if len(self.where) > 1 else -1
        return position if isinstance(position, int) else -1

    @property
    def is_branch(self) -> bool:
        return self.list_where[-2:] == ("fork", "branches")

    def rest(self, where: Where) -> Where:
        """The part of *where*, which is within the task, that begins at it."""
        return where[len(self.where) :]


def places(nodes: Iterable[Node]) -> dict[Where, Place]:
    """The tasks, in the order of the definition; a task stands before those in it."""
    tasks = (node for node in nodes if node.model is not None and issubclass(node.model, Common))
    kinds = ((node, kind_of(node.value)) for node in tasks)
    return {node.where: Place(node.where, kind, node.value) for node, kind in kinds if kind is not None}


def around(where: Where, known: Mapping[Where, Place]) -> list[Place]:
    """The tasks that *where* is in, the innermost first."""
    lengths = range(len(where), 0, -1)
    return [known[where[:length]] for length in lengths if where[:length] in known]
