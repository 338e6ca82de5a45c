"""Edits of one value in flags.yaml: every other character stays as it is, including comments and layout."""

from typing import Any

import yaml

from shared.errors import NotFound, OposError

Path = tuple[str, ...]


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
        entry = _entry(node, key)
        if entry is None and depth <= 1:
            raise NotFound(f"There is no flag {key} in the file.", hint="`opos flags list` shows all flags.")
        if entry is None:
            return _added(text, node, _nested(path[depth:], value))
        node = entry
        _require_own(node, path[: depth + 1], root)
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]


def written_name(text: str, path: Path, names: tuple[str, ...]) -> str:
    """The one of *names* that the mapping at *path* in *text* uses for a value; the first if it uses none."""
    node: Any = yaml.compose(text)
    for key in path:
        node = _entry(node, key)
    return next((name for name in names if _entry(node, name) is not None), names[0])


def _require_own(node: Any, path: Path, root: Any) -> None:
    """Raises SharedValue unless *node* stands only once below *root*."""
    if _count(root, node) > 1:
        line = node.start_mark.line + 1
        raise SharedValue(
            f"expected {'.'.join(path)} to have a value of its own, found one that other places share (line {line})",
            hint="Write the value out where the file has the alias (*name), and run the command again.",
        )


def _count(tree: Any, node: Any) -> int:
    """How often *node* stands in *tree*."""
    if tree is node:
        return 1
    if isinstance(tree, yaml.MappingNode):
        return sum(_count(value, node) for _, value in tree.value)
    return sum(_count(item, node) for item in tree.value) if isinstance(tree, yaml.SequenceNode) else 0


def _entry(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _nested(path: Path, value: str) -> str:
    """`a: {b: value}` for the path a, b."""
    key, *rest = path
    return f"{key}: {{{_nested(tuple(rest), value)}}}" if rest else f"{key}: {value}"


def _added(text: str, node: Any, entry: str) -> str:
    """*entry* after the last entry of the mapping *node*, in the style of that mapping."""
    if not node.value:
        start = node.start_mark.index + 1
        return text[:start] + entry + text[start:]
    end = _end(node.value[-1][1])
    if node.flow_style:
        return f"{text[:end]}, {entry}{text[end:]}"
    line = text.find("\n", end)
    newline = "\r\n" if text[max(0, line - 1) : line] == "\r" else "\n"
    end = len(text) if line < 0 else line - (newline == "\r\n")
    return f"{text[:end]}{newline}{' ' * node.start_mark.column}{entry}{text[end:]}"


def _end(node: Any) -> int:
    """The end of the last value in *node*: the end mark of a block mapping is after the blank lines that follow it."""
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return _end(node.value[-1][1])
    return int(node.end_mark.index)
