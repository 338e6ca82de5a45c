"""Edits of one value in flags.yaml: every other character stays as it is, including comments and layout."""

from typing import Any

import yaml

from shared.errors import NotFound

Path = tuple[str, ...]


def with_value(text: str, path: Path, value: str) -> str:
    """*text*, a YAML mapping, with the YAML *value* at *path*. Missing keys are added after the others.

    Raises NotFound if the second key of *path*, the flag itself, is missing.
    """
    node: Any = yaml.compose(text)
    for depth, key in enumerate(path):
        entry = _entry(node, key)
        if entry is None and depth <= 1:
            raise NotFound(f"There is no flag {key} in the file.", hint="`opos flags list` shows all flags.")
        if entry is None:
            return _added(text, node, _nested(path[depth:], value))
        node = entry
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]


def _entry(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _nested(path: Path, value: str) -> str:
    """`a: {b: value}` for the path a, b."""
    key, *rest = path
    return f"{key}: {{{_nested(tuple(rest), value)}}}" if rest else f"{key}: {value}"


def _added(text: str, node: Any, entry: str) -> str:
    """*entry* after the last entry of the mapping *node*, in the style of that mapping."""
    if node.flow_style:
        end = text.rindex("}", node.start_mark.index, node.end_mark.index)
        comma = ", " if node.value else ""
        return text[:end].rstrip() + comma + entry + text[end:]
    _, last = node.value[-1]
    indent = " " * node.start_mark.column
    line = text.find("\n", _end(last))
    end = len(text) if line < 0 else line
    return f"{text[:end]}\n{indent}{entry}{text[end:]}"


def _end(node: Any) -> int:
    """The end of the last value in *node*: the end mark of a block mapping is after the blank lines that follow it."""
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return _end(node.value[-1][1])
    return int(node.end_mark.index)
