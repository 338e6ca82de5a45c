"""The names in a definition: of entries of `use`, of functions, of variables."""

import re
from collections.abc import Iterator
from typing import Any

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located
from shared.workflows.nodes import Node
from shared.workflows.part import Calls, Names, Variable
from shared.workflows.refusals import CATALOG
from shared.workflows.validation import fault

RESERVED = ("context", "input", "output", "secrets", "task", "workflow", "runtime", "authorization")
"""The variables that expressions have everywhere, and no loop or catch may replace."""
_REMOTE = re.compile(r"[A-Za-z][\w+.-]*://|@(?!default\Z)")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NOUNS = {"authentications": "an authentication", "retries": "a retry policy", "errors": "an error",
          "timeouts": "a time-out", "secrets": "a secret"}  # fmt: skip


def name_faults(located: Located, nodes: tuple[Node, ...]) -> Iterator[Fault]:
    """Every name that nothing declares, or that means something else."""
    for node in nodes:
        if isinstance(node.mark, Names):
            yield from _undeclared(located, node, node.mark.section)
        elif isinstance(node.mark, Variable):
            yield from _reserved_variable(located, node)
        elif isinstance(node.mark, Calls):
            yield from _remote(located, node)


def declared(data: Any, section: str) -> list[str]:
    """The names of *section* of `use`."""
    use = data.get("use")
    entries = use.get(section) if isinstance(use, dict) else None
    return [str(name) for name in entries] if isinstance(entries, dict | list) else []


def _undeclared(located: Located, node: Node, section: str) -> Iterator[Fault]:
    names = declared(located.data, section)
    if node.value not in names:
        expected = f"{_NOUNS[section]} of use.{section} ({', '.join(names) or 'it has none'})"
        yield fault(located, node.where, expected, repr(node.value), nearest(node.value, names))


def _reserved_variable(located: Located, node: Node) -> Iterator[Fault]:
    if node.value in RESERVED:
        expected = "a name that is not one of opos's own variables"
        yield fault(located, node.where, expected, repr(node.value), "choose another name")
    elif not _VARIABLE.fullmatch(node.value):
        yield fault(located, node.where, "a name of letters, digits and _", repr(node.value))


def _remote(located: Located, node: Node) -> Iterator[Fault]:
    if node.value not in declared(located.data, "functions") and _REMOTE.search(node.value):
        yield fault(located, node.where, *CATALOG)
