"""YAML as plain data with the line of every value, so that an error can name it.

A bool or null is only what YAML 1.2's core schema and JSON agree on: an unquoted `on`, `off`, `yes` or `no` stays text,
and so does a date. Keys must be text and unique. A key `<<` merges the entries of another mapping. Tags are rejected,
because they could turn `yes` into a bool. Sources: YAML 1.2.2, section 10.3; PyYAML documentation.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.config.files.faults import ConfigError, Fault

if TYPE_CHECKING:
    import yaml

Where = tuple[str | int, ...]
_Pair = tuple["yaml.Node", "yaml.Node"]
_CORE = "tag:yaml.org,2002:"
_MERGE = f"{_CORE}merge"
_READ: dict[str, Callable[[str], Any]] = {
    f"{_CORE}bool": lambda text: text.lower() == "true", f"{_CORE}int": int, f"{_CORE}float": float,
    f"{_CORE}null": lambda _text: None,
}  # fmt: skip
MAX_NODES = 100_000
"""The number of values that any file may have; a longer file may have one per character. This stops alias bombs."""
MAX_DEPTH = 50
"""More levels than any operator's file has. This stops aliases that contain themselves."""


@dataclass(frozen=True, slots=True)
class Located:
    """A file as *data*. `lines` maps each value's path of keys and list positions to its line; () is the whole file."""

    file: str
    data: Any
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """The line of the value at *where*, or of the nearest value around it."""
        return self.lines.get(where) or (self.line(where[:-1]) if where else 1)


def read_yaml(path: Path, *, as_text: bool = False) -> Located:
    """The mapping in the file at *path*, as `parse_yaml` reads it. Raises ConfigError."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as fault:
        raise ConfigError([Fault(str(path), 1, "", "a readable file", fault.strerror or "none")]) from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise ConfigError(
            [Fault(str(path), line, "", "UTF-8 text", f"the byte {fault.object[fault.start]:#04x}")]
        ) from None
    return parse_yaml(text, str(path), as_text=as_text)


def parse_yaml(text: str, file: str, *, as_text: bool = False) -> Located:
    """The mapping in *text*. Raises ConfigError naming every duplicate or non-text key, or the first syntax error.

    With *as_text*, each value but null stays the text that stands in the file: `1.10` is not `1.1`.
    """
    import yaml

    try:
        root = _composed(text, as_text=as_text)
    except yaml.YAMLError as fault:
        raise ConfigError([_syntax_fault(file, text, fault)]) from None
    if not isinstance(root, yaml.MappingNode):
        actual = "an empty file" if root is None else "something else"
        raise ConfigError([Fault(file, 1, "", "a mapping of keys to values", actual)])
    reader = _Reader(file, {}, [], most=max(MAX_NODES, len(text)))
    data = reader.value(root, ())
    if reader.faults:
        raise ConfigError(reader.faults)
    return Located(file, data, reader.lines)


def _composed(text: str, *, as_text: bool) -> Any:
    """The root of *text*. libyaml is much faster; PyYAML's own parser gives better errors."""
    import yaml

    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_core(_fast(), as_text=as_text))
    return yaml.compose(text, Loader=_core(yaml.SafeLoader, as_text=as_text))


def _syntax_fault(file: str, text: str, fault: Any) -> Fault:
    mark, position = getattr(fault, "problem_mark", None), getattr(fault, "position", 0)
    line = mark.line if mark else text.count("\n", 0, position)
    problem = getattr(fault, "problem", None) or str(fault).splitlines()[0]
    return Fault(file, line + 1, "", "valid YAML", problem.removeprefix("but ").removeprefix("found "))


@dataclass
class _Reader:
    file: str
    lines: dict[Where, int]
    faults: list[Fault]
    most: int
    count: int = 0

    def value(self, node: "yaml.Node", where: Where) -> Any:
        import yaml

        self._enter(node, len(where))
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, where))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        self._require_unicode(node, where)
        return _scalar(node)

    def _items(self, node: "yaml.MappingNode", where: Where) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in _own(node):
            line, key = key_node.start_mark.line + 1, self._key(key_node, where)
            if key in first:
                self._fault(key_node, (*where, key), "each key once", f"it also on line {first[key]}")
            first.setdefault(key, line)
            yield self._item(key, line, value_node, where)
        for key_node, value_node in self._taken_over(node, where, len(where)):
            line, key = key_node.start_mark.line + 1, str(key_node.value)
            if key not in first:
                first[key] = line
                yield self._item(key, line, value_node, where)

    def _item(self, key: str, line: int, node: "yaml.Node", where: Where) -> tuple[str, Any]:
        self.lines[(*where, key)] = line
        return key, self.value(node, (*where, key))

    def _key(self, node: "yaml.Node", where: Where) -> str:
        """The key. An error about a key that is not a plain value does not show its content."""
        kind, key = node.tag.rpartition(":")[2], str(node.value)
        if kind in {"seq", "map"}:
            self._fault(node, where, "a key that is text", "a list" if kind == "seq" else "a mapping")
        elif kind != "str":
            self._fault(node, (*where, key), "a key that is text", key or "nothing", f'write "{key}"')
        self._require_unicode(node, where)
        return key

    def _taken_over(self, node: "yaml.MappingNode", where: Where, depth: int) -> Iterator["_Pair"]:
        """The entries that *node* merges with `<<`; the first of two equal keys wins."""
        import yaml

        for source in _sources(node):
            self._enter(source, depth)
            if isinstance(source, yaml.MappingNode):
                yield from _own(source)
                yield from self._taken_over(source, where, depth + 1)
            else:
                self._fault(source, (*where, "<<"), "a mapping to merge", "something else")

    def _enter(self, node: "yaml.Node", depth: int) -> None:
        self.count += 1
        line = node.start_mark.line + 1
        if self.count > self.most:
            raise ConfigError([Fault(self.file, line, "", f"at most {self.most} values", "more")])
        if depth > MAX_DEPTH:
            raise ConfigError(
                [Fault(self.file, line, "", f"at most {MAX_DEPTH} levels", "more, or a value that contains itself")]
            )

    def _require_unicode(self, node: "yaml.Node", where: Where) -> None:
        text = node.value
        if isinstance(text, str) and not text.isascii() and text.encode("utf-8", "replace").decode() != text:
            self._fault(node, where, "text", "half of a surrogate pair")

    def _fault(self, node: "yaml.Node", where: Where, expected: str, actual: str, hint: str = "") -> None:
        path = ".".join(map(str, where))
        self.faults.append(Fault(self.file, node.start_mark.line + 1, path, expected, actual, hint))


def _own(node: "yaml.MappingNode") -> list["_Pair"]:
    return [pair for pair in node.value if pair[0].tag != _MERGE]


def _sources(node: "yaml.MappingNode") -> Iterator["yaml.Node"]:
    """The mappings that *node* names after `<<`: a single mapping or a list."""
    for key, value in node.value:
        if key.tag == _MERGE:
            yield from value.value if value.tag.endswith(":seq") else [value]


def _scalar(node: "yaml.Node") -> Any:
    read = _READ.get(node.tag)
    return read(node.value) if read else node.value


@cache
def _fast() -> Any:
    from yaml import composer, constructor, cyaml, resolver

    events: Any = cyaml.CParser  # type: ignore[attr-defined]

    class Parser(composer.Composer, events, constructor.SafeConstructor, resolver.Resolver):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            events.__init__(self, stream)
            for part in (composer.Composer, constructor.SafeConstructor, resolver.Resolver):
                part.__init__(self)

    return Parser


@cache
def _core(parser: Any, *, as_text: bool) -> Any:
    import yaml

    class CoreLoader(parser):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own name)
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            event = self.peek_event()
            if self.depth > MAX_DEPTH:
                raise yaml.MarkedYAMLError(problem=f"more than {MAX_DEPTH} levels", problem_mark=event.start_mark)
            if getattr(event, "tag", None):
                raise yaml.MarkedYAMLError(problem="a tag, which opos does not read", problem_mark=event.start_mark)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("merge", r"<<", "<"),
    ):
        if as_text and tag not in {"null", "merge"}:
            continue
        CoreLoader.add_implicit_resolver(f"{_CORE}{tag}", re.compile(rf"(?:{pattern})\Z"), list(first))
    return CoreLoader
