"""The assignments of a shell in a text, read as a shell reads them, except that nothing runs.

What a shell would do and opos does not, such as to run a command, is an error: nothing is read as other than a shell
means it. Source: POSIX.1-2024, Shell Command Language, sections 2.2 (quoting), 2.4 and 2.6 (word expansions).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_EMPTY = re.compile(r"[ \t]*(?:#.*|export[ \t]+[\w \t]+)?(?:\n|\Z)")
_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*", re.ASCII)
_PART = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|((?:\$[('\"]|[^\s'\"\\&;|<>()]|\\.)+)", re.DOTALL)
_END = re.compile(r"[ \t]*(?:(?<=[ \t])#.*)?(?:\n|\Z)")
_HOME = re.compile(r"(?:\\.|[^\\])*?(?::|\A)~", re.DOTALL)
_EXPANDED = re.compile(
    r"\\(.)|(?!\$\{?\w*\\\n)\$(?:(\w+)|\{(\w+)\})|(\$\(|`|\$['\"]|\$[{?!#@*$-]|\$\w*\\\n)", re.DOTALL | re.ASCII
)
_CONTINUED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = '$`"\\'


class Assignment(NamedTuple):
    """`line` counts from 1."""

    line: int
    name: str
    value: str


class Unreadable(NamedTuple):
    """What was expected on `line`, and what is there; neither quotes the text, which contains secrets."""

    line: int
    expected: str
    actual: str


class _Unreadable(Exception):
    pass


def assignments(text: str, known: Mapping[str, str]) -> Iterator[Assignment | Unreadable]:
    """The assignments of *text*, which may use earlier ones and the variables *known*, and what is none.

    The lines of *text* end in a line feed.
    """
    values, place = dict[str, str](), 0
    while place < len(text):
        if empty := _EMPTY.match(text, place):
            place = empty.end()
            continue
        line = text.count("\n", 0, place) + 1
        try:
            name, values[name], place = _assignment(text, place, {**values, **known})
            yield Assignment(line, name, values[name])
        except _Unreadable as fault:
            yield Unreadable(line, *fault.args)
            place = (text.find("\n", place) + 1) or len(text)


def _assignment(text: str, place: int, known: Mapping[str, str]) -> tuple[str, str, int]:
    """The name and the value of the assignment at *place*, and where the next line begins."""
    assignment = _ASSIGNMENT.match(text, place)
    if assignment is None:
        raise _Unreadable("NAME=value", "a line that is none")
    parts, place = list[str](), assignment.end()
    while part := None if _END.match(text, place) else _PART.match(text, place):
        parts.append(_value(part, known, is_first=not parts))
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
    if character in "&;|<>()":
        return f"quotes around a value with {character}", f"{character} outside of quotes"
    return "quotes around a value with spaces", "text after the value"


def _value(part: re.Match[str], known: Mapping[str, str], *, is_first: bool) -> str:
    literal, quoted, bare = part.groups()
    if literal is not None:
        return str(literal)
    if bare is None:
        return _EXPANDED.sub(lambda match: _expanded(match, _ESCAPED_IN_QUOTES, known), quoted)
    whole = _CONTINUED.sub(lambda match: "" if match[1] == "\n" else match[0], bare)
    if _HOME.match(whole if is_first else f"\\{whole}"):
        raise _Unreadable("quotes around a value with ~, or the whole path", "~ outside of quotes")
    return _EXPANDED.sub(lambda match: _expanded(match, None, known), bare)


def _expanded(match: re.Match[str], escapes: str | None, known: Mapping[str, str]) -> str:
    escaped, special, name = match[1], match[4], match[2] or match[3]
    if special in {"$'", '$"'} and escapes is not None:
        return str(special)  # no expansion inside of quotes
    if special and special.endswith("\n"):
        raise _Unreadable("a variable on one line", "one before the \\ that ends a line")
    if special in {"$(", "`"}:
        raise _Unreadable("a value in single quotes, since opos runs no command", f"{special} outside of them")
    if special:
        raise _Unreadable("a value in single quotes if it contains $", f"{special} outside of them")
    if name:
        if name not in known:
            raise _Unreadable("a value in single quotes if it contains $", "a $ before the name of no variable")
        return known[name]
    if escaped == "\n":
        return ""
    return str(escaped) if escapes is None or escaped in escapes else match[0]
