"""YAML as plain data, with the line of every value, so that a fault can say where it is.

Only what YAML 1.2's core schema and JSON agree on is read as a bool or null: an unquoted `on`, `off`, `yes` or `no`
stays text, and so do dates. Keys must be text and stand once. Sources: YAML 1.2.2, section 10.3; PyYAML documentation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.faults import ConfigError, Fault

if TYPE_CHECKING:
    import yaml

Where = tuple[str | int, ...]
MAX_NODES = 100_000
"""More values than any file of an operator has: aliases that multiply are stopped here."""


@dataclass(frozen=True, slots=True)
class Located:
    """`lines` knows the line of each value by its path of keys and list positions; () is the whole."""

    file: str
    data: Any
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """The line of the value at *where*, or of the nearest one around it."""
        return self.lines.get(where) or (self.line(where[:-1]) if where else 1)


def read_yaml(path: Path) -> Located:
    """The mapping in the file at *path*. Raises ConfigError."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as fault:
        raise ConfigError([Fault(str(path), 1, "", "a file that can be read", fault.strerror or "none")]) from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise ConfigError(
            [Fault(str(path), line, "", "UTF-8 text", f"the byte {fault.object[fault.start]:#04x}")]
        ) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, file: str) -> Located:
    """The mapping in *text*. Raises ConfigError naming every duplicate or non-text key, or the first syntax error."""
    import yaml

    try:
        root = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise ConfigError([Fault(file, line, "", "valid YAML", fault.problem or "a syntax error")]) from None
    except yaml.YAMLError as fault:
        raise ConfigError([Fault(file, 1, "", "valid YAML", str(fault).splitlines()[0])]) from None
    if not isinstance(root, yaml.MappingNode):
        found = "an empty file" if root is None else "something else"
        raise ConfigError([Fault(file, 1, "", "a mapping of keys to values", found)])
    reader = _Reader(file, {}, [])
    data = reader.value(root, ())
    if reader.faults:
        raise ConfigError(reader.faults)
    return Located(file, data, reader.lines)


@dataclass
class _Reader:
    file: str
    lines: dict[Where, int]
    faults: list[Fault]

    def value(self, node: "yaml.Node", where: Where) -> Any:
        import yaml

        self.lines.setdefault(where, node.start_mark.line + 1)
        if len(self.lines) > MAX_NODES:
            raise ConfigError([Fault(self.file, node.start_mark.line + 1, "", f"at most {MAX_NODES} values", "more")])
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, where))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _items(self, node: "yaml.MappingNode", where: Where) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line, key = key_node.start_mark.line + 1, str(key_node.value)
            path = ".".join(map(str, (*where, key)))
            if key_node.tag != "tag:yaml.org,2002:str":
                self.faults.append(Fault(self.file, line, path, "a key that is text", f"{key}", f'write "{key}"'))
            if key in first:
                self.faults.append(Fault(self.file, line, path, "each key once", f"it already on line {first[key]}"))
            first.setdefault(key, line)
            self.lines[(*where, key)] = line
            yield key, self.value(value_node, (*where, key))


def _scalar(node: "yaml.Node") -> Any:
    match node.tag.rpartition(":")[2]:
        case "bool":
            return node.value.lower() == "true"
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
        case "null":
            return None
    return node.value


@cache
def _loader() -> type["yaml.SafeLoader"]:
    import yaml

    class CoreLoader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own name)

    for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
        ("null", r"~|null|Null|NULL|", "~nN\0"),
    ):
        CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), list(first))
    return CoreLoader
