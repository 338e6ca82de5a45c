"""Edits of one value in flags.yaml: every other character stays as it is, including comments and layout."""

from typing import Any

import yaml

from opos.yaml_entries import Path, Put
from opos.yaml_places import entry
from shared.errors import NotFound, OposError


class SharedValue(OposError):
    """A value that stands in several places of the file, by a YAML anchor and its aliases."""

    code = "shared_value"


def with_value(text: str, path: Path, value: str) -> str:
    """*text*, a YAML mapping, with the YAML *value* at *path*. Missing keys are added after the others.

    Raises NotFound if the second key of *path*, the flag itself, is missing, and SharedValue if the change would reach
    another place of the file.
    """
    root: Any = yaml.compose(text)
    node = root
    for depth, key in enumerate(path):
        _, node = entry(node, key) or (None, None)
        if node is None and depth <= 1:
            raise NotFound(f"There is no flag {key} in the file.", hint="`opos flags list` shows all flags.")
        if node is None:
            break
        _require_own(node, path[: depth + 1], root)
    return Put(path, value).text(text)


def written_name(text: str, path: Path, names: tuple[str, ...]) -> str:
    """The one of *names* that the mapping at *path* in *text* uses for a value; the first if it uses none."""
    node: Any = yaml.compose(text)
    for key in path:
        _, node = entry(node, key) or (None, None)
    return next((name for name in names if entry(node, name) is not None), names[0])


def _require_own(node: Any, path: Path, root: Any) -> None:
    """Raises SharedValue unless *node* stands only once below *root*."""
    if _count(root, node) > 1:
        line, name = node.start_mark.line + 1, ".".join(map(str, path))
        raise SharedValue(
            f"expected {name} to have a value of its own, found one that other places share (line {line})",
            hint="Write the value out where the file has the alias (*name), and run the command again.",
        )


def _count(tree: Any, node: Any) -> int:
    """How often *node* stands in *tree*."""
    if tree is node:
        return 1
    if isinstance(tree, yaml.MappingNode):
        return sum(_count(value, node) for _, value in tree.value)
    return sum(_count(item, node) for item in tree.value) if isinstance(tree, yaml.SequenceNode) else 0
