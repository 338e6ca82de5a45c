"""Matchers on labels, as in Alertmanager: `name="value"`, `!=`, `=~`, `!~`; a missing label equals "".

Regular expressions are RE2's and fully anchored, so that each takes linear time at most. RE2 has no look-around and no
back-references. `matcher_syntax` reads the text. Source: Alertmanager documentation, "Matchers".
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from shared.alerting.matcher_syntax import triple, triples

Labels = Mapping[str, str]
_REGEX = frozenset({"=~", "!~"})
_NO_PATTERN = re.compile(r"[=!]~\s*(?:[,}]|\Z)")
_BARE_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


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
    """Matchers for all alerts that have these *labels*.

    Where the sender names no rule, one of them is `incident`: alerts of one type may have unrelated causes.
    """
    return [str(Matcher(name, "=", value)) for name, value in labels.items() if name and value]


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


def parse_matchers(text: str, *, lone_brace: bool = False) -> Iterator[Matcher]:
    """The matchers in *text*, separated by commas, with or without braces; see `triples`. Raises ValueError."""
    for parts in triples(text if lone_brace else text.strip(), lone_brace=lone_brace):
        yield _checked(Matcher(*parts), text)


def parse_matcher(text: str) -> Matcher:
    """The single matcher in *text*. Raises ValueError."""
    return _checked(Matcher(*triple(text)), text)


def _checked(matcher: Matcher, text: str) -> Matcher:
    if not matcher.name:
        raise ValueError(f"expected a label name before the operator, in {text!r}")
    if matcher.operator in _REGEX:
        require_re2(matcher.value)
    return matcher


def require_re2(pattern: str) -> None:
    """Raises ValueError if *pattern* is no regular expression of RE2."""
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
    return tuple(matcher for entry in value for matcher in _of_entry(entry))


def _of_entry(entry: Matcher | str) -> list[Matcher]:
    """The matchers of an entry in a file. Raises ValueError also for what Alertmanager reads, but nobody means."""
    if isinstance(entry, Matcher):
        return [entry]
    matchers = list(parse_matchers(entry))
    if not matchers:
        raise ValueError(f"expected a matcher, not {entry!r}, which every alert matches")
    if _NO_PATTERN.search(entry) and any(matcher.operator in _REGEX and not matcher.value for matcher in matchers):
        raise ValueError(f'expected a regular expression after =~ or !~ in {entry!r}; a missing label is name=""')
    return matchers


Matchers = Annotated[tuple[Matcher, ...], BeforeValidator(_as_matchers)]
