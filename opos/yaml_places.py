"""Where the entries of a YAML file are in its text, and how a new one is written next to them."""

import re
from typing import Any

import yaml

from shared.errors import OposError

_ALIAS = re.compile(r"[\s:,\-]*(\*[^\s,\[\]{}]+)")


class Unclear(OposError):
    """The text does not show clearly where an entry is, such as an alias with comments around it."""

    code = "unclear_layout"

    def __init__(self, node: Any) -> None:
        where = f"found something else (line {node.start_mark.line + 1})" if node else "found none"
        super().__init__(f"expected a mapping or list that has a place of its own in the file, {where}")


def entry(node: Any, key: str | int) -> tuple[Any, Any] | None:
    """The nodes of the key and of the value at *key* of *node*; None if *node* has no such key.

    An item of a list has no key: what stands for it is empty, at the start of the list.
    """
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return yaml.ScalarNode("", "", node.start_mark, node.start_mark), node.value[key]
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((name, value) for name, value in pairs if name.value == key), None)


def with_other(text: str, name: Any, node: Any, value: str) -> str:
    if node.start_mark.index < name.end_mark.index:
        raise Unclear(node)  # an alias
    gap = "" if node.start_mark.index < node.end_mark.index else " "
    return text[: node.start_mark.index] + gap + value + text[node.end_mark.index :]


def with_child(text: str, node: Any, flow: str, block: str, *, after: str = "") -> str:
    """*text* with an entry or item in the mapping or list *node*: *flow* within brackets, else the lines of *block*."""
    if not isinstance(node, yaml.CollectionNode):
        raise Unclear(node)
    if not node.value:
        start = node.start_mark.index + text[node.start_mark.index : node.end_mark.index].index(_opening(node)) + 1
        return text[:start] + flow + text[start:]
    end = _end_of_child(text, node, after)
    if node.flow_style:
        return f"{text[:end]}, {flow}{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * _column(node)
    lines = newline.join(indent + line for line in block.splitlines())
    at = next_line(text, end)
    before = "" if text[at - 1] == "\n" else newline
    return f"{text[:at]}{before}{lines}{'' if before else newline}{text[at:]}"


def _opening(node: Any) -> str:
    return "{" if isinstance(node, yaml.MappingNode) else "["


def _column(node: Any) -> int:
    first = node.value[0]
    return int(first[0].start_mark.column if isinstance(node, yaml.MappingNode) else node.start_mark.column)


def _end_of_child(text: str, node: Any, after: str) -> int:
    """The end of the value of the entry *after* in *node*, else of its last child."""
    if isinstance(node, yaml.SequenceNode):
        previous = node.value[-2].end_mark.index if len(node.value) > 1 else node.start_mark.index
        return end_of(text, node.value[-1], previous)
    name, value = entry(node, after) or node.value[-1]
    return end_of(text, value, name.end_mark.index)


def end_of(text: str, node: Any, start: int) -> int:
    """The end of the last character of *node*, which stands after *start* unless there is an alias of it there."""
    if node.start_mark.index < start:
        alias = _ALIAS.match(text, start)
        if alias is None:
            raise Unclear(node)
        return alias.end()
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        return _end_of_child(text, node, "")
    end = int(node.end_mark.index)
    header = text[node.start_mark.index : end].partition("\n")[0]
    keeps = getattr(node, "style", None) in {"|", ">"} and "+" in header
    return end if keeps else node.start_mark.index + len(text[node.start_mark.index : end].rstrip())


def next_line(text: str, end: int) -> int:
    """The start of the line after the one that *end* is in, or *end* if a line starts there."""
    if text[:end].endswith("\n"):
        return end
    line = text.find("\n", end)
    return len(text) if line < 0 else line + 1
