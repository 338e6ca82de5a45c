"""Edits of a YAML file that touch only the entry that they name: all other characters stay as they are.

An edit knows what it does twice: to the text, and to the data in it. `edited` compares the two, so an unusual file is
refused and never damaged.
"""

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from shared.config.files.faults import ConfigError, Fault
from shared.config.files.located_yaml import parse_yaml
from shared.errors import OposError

Path = tuple[str | int, ...]
"""The keys of mappings and the positions in lists, from the outside."""
_ALIAS = re.compile(r"[\s:,\-]*(\*[^\s,\[\]{}]+)")
_EMPTY = {"", "~", "null"}


class Unclear(OposError):
    """The text does not show clearly where an entry is, such as an alias with comments around it."""

    code = "unclear_layout"

    def __init__(self, node: Any) -> None:
        where = f"found something else (line {node.start_mark.line + 1})" if node else "found none"
        super().__init__(f"expected a mapping or list that has a place of its own in the file, {where}")


@dataclass(frozen=True, slots=True)
class Put:
    """The entry at *path* has *value*, in YAML's flow style. `block` are its lines where it gets lines of its own.

    A new entry comes after the entry called `after`, else after the last one.
    """

    path: Path
    value: str
    block: str = ""
    after: str = ""

    def text(self, text: str) -> str:
        node: Any = yaml.compose(text)
        for depth, key in enumerate(self.path):
            pair = entry(node, key)
            if pair is None:
                return self._added(text, node, depth)
            name, node = pair
        return _replaced(text, name, node, self.value)

    def data(self, data: Any) -> None:
        for key in self.path[:-1]:
            if isinstance(data, dict):
                data[key] = data.get(key) or {}
            data = data[key]
        data[self.path[-1]] = _value(self.value)

    def by_hand(self) -> str:
        return _nested(self.path, self.value)

    def _added(self, text: str, node: Any, depth: int) -> str:
        line = _nested(self.path[depth:], self.value)
        if isinstance(node, yaml.ScalarNode) and node.value in _EMPTY:
            return text[: node.start_mark.index] + f" {{{line}}}" + text[node.end_mark.index :]
        block = self.block if depth == len(self.path) - 1 else ""
        return _with_child(text, node, line, block or line, after=self.after)


@dataclass(frozen=True, slots=True)
class Append:
    """The list at *path* ends with the item *value*, in YAML's flow style."""

    path: Path
    value: str

    def text(self, text: str) -> str:
        node: Any = yaml.compose(text)
        for key in self.path:
            _, node = entry(node, key) or (None, None)
        return _with_child(text, node, self.value, f"- {self.value}")

    def data(self, data: Any) -> None:
        for key in self.path:
            data = data[key]
        data.append(_value(self.value))

    def by_hand(self) -> str:
        return _nested(self.path, f"[{self.value}]")


@dataclass(frozen=True, slots=True)
class Remove:
    """The mapping around *path* has no entry there, and keeps at least one other."""

    path: Path

    def text(self, text: str) -> str:
        node: Any = yaml.compose(text)
        for key in self.path[:-1]:
            _, node = entry(node, key) or (None, None)
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        position = next(number for number, (name, _) in enumerate(pairs) if name.value == self.path[-1])
        name, value = pairs[position]
        start, end = name.start_mark.index, _end(text, value, name.end_mark.index)
        if not node.flow_style:
            return text[: text.rfind("\n", 0, start) + 1] + text[_next_line(text, end) :]
        if position:
            before, content = pairs[position - 1]
            start = _end(text, content, before.end_mark.index)
        else:
            end = pairs[position + 1][0].start_mark.index
        return text[:start] + text[end:]

    def data(self, data: Any) -> None:
        for key in self.path[:-1]:
            data = data[key]
        del data[self.path[-1]]

    def by_hand(self) -> str:
        return f"no {'.'.join(map(str, self.path))}"


Edit = Put | Append | Remove


def edited(text: str, file: str, edits: Iterable[Edit]) -> str:
    """*text* after *edits*. Raises ConfigError, with the line, if an edit would change anything else."""
    for edit in edits:
        before = parse_yaml(text, file)
        data = copy.deepcopy(before.data)
        try:
            edit.data(data)
            text = edit.text(text)
            clear = parse_yaml(text, file).data == data
        except (OposError, yaml.YAMLError, LookupError, TypeError, AttributeError, StopIteration):
            clear = False
        if not clear:
            place, expected = ".".join(map(str, edit.path)), "a place that opos can edit without touching any other"
            hint = f"nothing is changed; write it by hand: {edit.by_hand()}"
            raise ConfigError([Fault(file, before.line(edit.path), place, expected, "an unusual layout", hint)])
    return text


def _value(text: str) -> Any:
    return parse_yaml(f"value: {text}", "").data["value"]


def entry(node: Any, key: str | int) -> tuple[Any, Any] | None:
    """The nodes of the key and of the value at *key* of *node*; None if *node* has no such key.

    An item of a list has no key: what stands for it is empty, at the start of the list.
    """
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return yaml.ScalarNode("", "", node.start_mark, node.start_mark), node.value[key]
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((name, value) for name, value in pairs if name.value == key), None)


def quoted(text: str) -> str:
    """*text* as a YAML string, in quotes if YAML would read it as something else."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9@._+-]*|https?://[A-Za-z0-9._/:-]*[\w/]", text)
    return text if plain and yaml.safe_load(text) == text else "'" + text.replace("'", "''") + "'"


def _nested(path: Path, value: str) -> str:
    """`a: {b: value}` for the path a, b."""
    key, *rest = quoted(str(path[0])), *path[1:]
    return f"{key}: {{{_nested(tuple(rest), value)}}}" if rest else f"{key}: {value}"


def _replaced(text: str, name: Any, node: Any, value: str) -> str:
    if node.start_mark.index < name.end_mark.index:
        raise Unclear(node)  # an alias
    gap = "" if node.start_mark.index < node.end_mark.index else " "
    return text[: node.start_mark.index] + gap + value + text[node.end_mark.index :]


def _with_child(text: str, node: Any, flow: str, block: str, *, after: str = "") -> str:
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
    at = _next_line(text, end)
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
        return _end(text, node.value[-1], previous)
    name, value = entry(node, after) or node.value[-1]
    return _end(text, value, name.end_mark.index)


def _end(text: str, node: Any, start: int) -> int:
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


def _next_line(text: str, end: int) -> int:
    """The start of the line after the one that *end* is in, or *end* if a line starts there."""
    if text[:end].endswith("\n"):
        return end
    line = text.find("\n", end)
    return len(text) if line < 0 else line + 1
