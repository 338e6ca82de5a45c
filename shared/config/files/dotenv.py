"""`.env`: the secrets of this machine, as the assignments of a shell. Commands read it beside opos.yaml.

The file means what it means to a shell that loads it, so a file that was loaded by hand until now keeps its meaning:
`export`, quotes, `'it'"'"'s'` as `shlex.quote` writes it, and variables such as `"$OTHER"`. python-dotenv 1.2 reads the
latter two differently. Unlike a shell, opos runs no command that the file contains, and no other program gets its
variables: they are settings of opos, not variables of its process.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.config.files.faults import Fault

NAME = ".env"
_EMPTY = re.compile(r"[ \t]*(?:#.*|export[ \t]+[\w \t]+)?(?:\n|\Z)")
_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*", re.ASCII)
_PART = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|((?:[^\s'\"\\]|\\.)+)", re.DOTALL)
_END = re.compile(r"[ \t]*(?:(?<=[ \t])#.*)?(?:\n|\Z)")
_EXPANDED = re.compile(r"\\(.)|\$(?:(\w+)|\{(\w+)\})|(\$\(|`)", re.DOTALL | re.ASCII)
_ESCAPED_IN_QUOTES = '$`"\\'


class _Unreadable(Exception):
    """What was expected, and what was found; neither quotes the file, which contains secrets."""


def variables(file: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """What *file* adds to *environment*, which takes precedence, also with a `NAME_FILE`; and all errors of *file*."""
    added, faults = read(file, environment) if file.is_file() else ({}, [])
    return {name: value for name, value in added.items() if not {name, f"{name}_FILE"} & set(environment)}, faults


def read(file: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """The variables that *file* sets, and its errors. Its values may also use the variables of *environment*."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").rstrip("\r")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        return {}, [Fault(str(file), line, "", "UTF-8 text", "other bytes")]
    added: dict[str, str] = {}
    faults = list(_read_into(added, text, file, environment))
    return added, faults


def _read_into(values: dict[str, str], text: str, file: Path, environment: Mapping[str, str]) -> Iterator[Fault]:
    """Adds each assignment of *text* to *values*. An error for each that cannot be read; the next line follows."""
    place = 0
    while place < len(text):
        if empty := _EMPTY.match(text, place):
            place = empty.end()
            continue
        try:
            name, value, place = _assignment(text, place, {**values, **environment})
            values[name] = value
        except _Unreadable as fault:
            expected, actual = fault.args
            yield Fault(str(file), text.count("\n", 0, place) + 1, "", expected, actual)
            place = (text.find("\n", place) + 1) or len(text)


def _assignment(text: str, place: int, known: Mapping[str, str]) -> tuple[str, str, int]:
    """The name and the value of the assignment at *place*, and where the next line begins."""
    assignment = _ASSIGNMENT.match(text, place)
    if assignment is None:
        raise _Unreadable("NAME=value", "a line that is none")
    parts, place = list[str](), assignment.end()
    while part := None if _END.match(text, place) else _PART.match(text, place):
        parts.append(_value(part, known))
        place = part.end()
    end = _END.match(text, place)
    if end is None:
        raise _Unreadable(*_remainder(text[place]))
    value = "".join(parts)
    if "\0" in value:
        raise _Unreadable("text", "a zero byte")
    return assignment[1], value, end.end()


def _remainder(character: str) -> tuple[str, str]:
    if character in "'\"":
        return f"a closing {character}", "none"
    return "quotes around a value with spaces", "text after the value"


def _value(part: re.Match[str], known: Mapping[str, str]) -> str:
    literal, quoted, bare = part.groups()
    if literal is not None:
        return str(literal)
    text, escapes = (bare, None) if bare is not None else (quoted, _ESCAPED_IN_QUOTES)
    return _EXPANDED.sub(lambda match: _expanded(match, escapes, known), text)


def _expanded(match: re.Match[str], escapes: str | None, known: Mapping[str, str]) -> str:
    escaped, command, name = match[1], match[4], match[2] or match[3]
    if command:
        raise _Unreadable("a value in single quotes, since opos runs no command", f"{command} outside of them")
    if name:
        if name not in known:
            raise _Unreadable("a value in single quotes if it contains $", "a $ before the name of no variable")
        return known[name]
    if escaped == "\n":
        return ""
    return str(escaped) if escapes is None or escaped in escapes else match[0]
