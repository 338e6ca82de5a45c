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

from opos.yaml_places import end_of, entry, next_line, with_child, with_other
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.located_yaml import parse_yaml
from shared.errors import OposError

Path = tuple[str | int, ...]
"""The keys of mappings and the positions in lists, from the outside."""
_EMPTY = {"", "~", "null"}


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
        return with_other(text, name, node, self.value)

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
        return with_child(text, node, line, block or line, after=self.after)


@dataclass(frozen=True, slots=True)
class Append:
    """The list at *path* ends with the item *value*, in YAML's flow style."""

    path: Path
    value: str

    def text(self, text: str) -> str:
        node: Any = yaml.compose(text)
        for key in self.path:
            _, node = entry(node, key) or (None, None)
        return with_child(text, node, self.value, f"- {self.value}")

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
        start, end = name.start_mark.index, end_of(text, value, name.end_mark.index)
        if not node.flow_style:
            return text[: text.rfind("\n", 0, start) + 1] + text[next_line(text, end) :]
        if position:
            before, content = pairs[position - 1]
            start = end_of(text, content, before.end_mark.index)
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


def quoted(text: str) -> str:
    """*text* as a YAML string, in quotes if YAML would read it as something else."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9@._+-]*|https?://[A-Za-z0-9._/:-]*[\w/]", text)
    return text if plain and yaml.safe_load(text) == text else "'" + text.replace("'", "''") + "'"


def _nested(path: Path, value: str) -> str:
    """`a: {b: value}` for the path a, b."""
    key, *rest = quoted(str(path[0])), *path[1:]
    return f"{key}: {{{_nested(tuple(rest), value)}}}" if rest else f"{key}: {value}"
