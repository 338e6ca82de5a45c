"""Matchers on labels, as in Alertmanager: `name="value"`, `!=`, `=~`, `!~`; a missing label equals "".

Regular expressions are RE2's and fully anchored, so that each takes linear time at most. RE2 has no look-around and no
back-references. A name with other characters than letters, digits, `_` and `:` may be quoted: `"service.name"="web"`.
Source: Alertmanager documentation, "Matchers" (the classic syntax of 0.25, and the names of the UTF-8 syntax of 0.27).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator

Labels = Mapping[str, str]
_BARE_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_NAME = r'"(?:[^"\\]|\\.)+"|[^\s{}!=~,\\"\'`]+'
_SHAPE = re.compile(rf"\s*({_NAME})\s*(=~|!=|!~|=)\s*(.*?)\s*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    operator: str
    value: str

    def matches(self, labels: Labels) -> bool:
        return _test(self.operator, self.value)(labels.get(self.name, ""))

    def __str__(self) -> str:
        name = self.name if _BARE_NAME.fullmatch(self.name) else _quoted(self.name)
        return f"{name}{self.operator}{_quoted(self.value)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def equal(labels: Labels) -> list[str]:
    """Matchers for all alerts that have these *labels*, but `incident`, which would match a single alert."""
    return [str(Matcher(name, "=", value)) for name, value in labels.items() if name and value and name != "incident"]


Test = Callable[[str], bool]


def compiled(matchers: Sequence[Matcher]) -> Callable[[Labels], bool]:
    """A function that tests whether labels match all of *matchers*."""
    tests = tuple((matcher.name, _test(matcher.operator, matcher.value)) for matcher in matchers)
    if len(tests) == 1:
        ((name, test),) = tests
        return lambda labels: test(labels.get(name, ""))
    return lambda labels: all(test(labels.get(name, "")) for name, test in tests)


@lru_cache(maxsize=4096)
def _test(operator: str, value: str) -> Test:
    if operator == "=":
        return value.__eq__
    if operator == "!=":
        return value.__ne__
    matches = _regex(value)
    return matches if operator == "=~" else lambda text: not matches(text)


def _regex(pattern: str) -> Test:
    import re2

    options = re2.Options()
    options.log_errors = False
    fullmatch = re2.compile(pattern, options).fullmatch
    return lambda text: fullmatch(text) is not None


def parse_matchers(text: str) -> Iterator[Matcher]:
    """The matchers in *text*, separated by commas, with or without braces. Raises ValueError."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    for part in _parts(inner):
        yield parse_matcher(part)


def parse_matcher(text: str) -> Matcher:
    """The single matcher in *text*. Raises ValueError."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError(f'expected a matcher such as severity="critical" or alertname=~"Disk.*", not {text!r}')
    name, operator, value = shape.groups()
    matcher = Matcher(_value(name, text), operator, _value(value, text))
    if operator in {"=~", "!~"}:
        _require_safe(matcher.value)
    return matcher


def _parts(text: str) -> Iterator[str]:
    """*text* split at its commas, except within quotes, without an empty last part."""
    part, quoted, escaped = "", False, False
    for character in text:
        if character == "," and not quoted:
            yield part
            part = ""
            continue
        quoted ^= character == '"' and not escaped
        escaped = character == "\\" and not escaped
        part += character
    if part.strip():
        yield part


def _value(raw: str, text: str) -> str:
    quoted = raw.startswith('"')
    inner = raw[1:-1] if quoted else raw
    if quoted and (len(raw) == 1 or not raw.endswith('"') or _ends_escaped(inner)):
        raise ValueError(f"expected a closing quote in {text!r}")
    if re.search(r'(?<!\\)(?:\\\\)*"', inner):
        raise ValueError(f'expected a quote within a value to be written as \\", in {text!r}')
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[0]), inner)


def _ends_escaped(inner: str) -> bool:
    return (len(inner) - len(inner.rstrip("\\"))) % 2 == 1


def _require_safe(pattern: str) -> None:
    import re2

    try:
        _regex(pattern)
    except re2.error as fault:
        raise ValueError(f"expected a regular expression that RE2 can run, not {pattern!r}: {fault}") from None


def _as_matchers(value: Any) -> Any:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of matchers")  # noqa: TRY004  (pydantic reports ValueErrors)
    texts = [entry for entry in value if not isinstance(entry, Matcher)]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("expected matchers that are text")
    return tuple(
        matcher for entry in value for matcher in ([entry] if isinstance(entry, Matcher) else parse_matchers(entry))
    )


Matchers = Annotated[tuple[Matcher, ...], BeforeValidator(_as_matchers)]
