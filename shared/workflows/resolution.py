"""A definition with the entries of `use` put where they are used, so that it needs nothing else."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.config.files.located_yaml import Where
from shared.workflows.functions import FUNCTION
from shared.workflows.nodes import Node
from shared.workflows.part import Calls, Names
from shared.workflows.pointers import value_at
from shared.workflows.references import declared


class Resolved(NamedTuple):
    """`origins` says of each place of the document where the file has its value."""

    document: dict[str, Any]
    origins: Mapping[Where, Where]


def resolved(data: dict[str, Any], nodes: tuple[Node, ...]) -> Resolved:
    """*data*, a definition without faults, on its own. Only the secrets stay in `use`."""
    build = _Build(data, dict(_entries(nodes)), _calls(data, nodes))
    kept = {key: build.value((key,), (key,)) for key in data if key != "use"}
    secrets = {"use": {"secrets": declared(data, "secrets")}} if declared(data, "secrets") else {}
    return Resolved({**kept, **secrets}, build.origins)


def _entries(nodes: tuple[Node, ...]) -> Any:
    """The places of the names of entries, each with the place of the entry. Secrets are never put in."""
    for node in nodes:
        if isinstance(node.mark, Names) and node.mark.section != "secrets":
            is_policy = node.mark.section == "authentications"
            yield node.where[:-1] if is_policy else node.where, ("use", node.mark.section, node.value)


def _calls(data: dict[str, Any], nodes: tuple[Node, ...]) -> dict[Where, Where]:
    """The tasks that call functions of `use`, each with the place of the function."""
    names = declared(data, "functions")
    called = (node for node in nodes if isinstance(node.mark, Calls) and node.value in names)
    return {node.where[:-1]: ("use", "functions", node.value) for node in called}


class _Build:
    def __init__(self, data: Any, entries: Mapping[Where, Where], calls: Mapping[Where, Where]) -> None:
        self.data, self.entries, self.calls = data, entries, calls
        self.origins: dict[Where, Where] = {}

    def value(self, source: Where, target: Where) -> Any:
        """The value that the file has at *source*, for the place *target* of the document."""
        source = self.entries.get(source, source)
        self.origins[target] = source
        value = value_at(self.data, source)
        if isinstance(value, list):
            return [self.value((*source, index), (*target, index)) for index in range(len(value))]
        if not isinstance(value, dict):
            return value
        content = {key: self.value((*source, key), (*target, key)) for key in value}
        if source in self.calls:
            content[FUNCTION] = self.value(self.calls[source], (*target, FUNCTION))
        return content
