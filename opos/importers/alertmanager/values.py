"""The single values of an alertmanager.yml, from the text that stands in the file, as Go's YAML library reads them.

A value that should be text is the text itself: `1.10`, `0500`, `yes` and `2024-01-01` stay what they are, and nothing
is "". A switch knows the words of YAML 1.1. Source: gopkg.in/yaml.v2, `resolve.go` and `decode.go`.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from shared.alerting.matchers import Matcher, parse_matchers, require_re2
from shared.values.durations import LONGEST, TooLong, parse_wait

_ON = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_OFF = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", None)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def _text(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise ValueError("expected text")  # noqa: TRY004  (pydantic reports ValueErrors)
    return value or ""


def _filled(value: Any) -> Any:
    if not isinstance(value, str) or not value:
        raise ValueError("expected text that is not empty")
    return value


def _switch(value: Any) -> Any:
    if value not in _ON + _OFF:
        raise ValueError("expected true or false")
    return value in _ON


def _wait(value: Any) -> Any:
    """A duration; a century in place of a longer one, which only Alertmanager allows."""
    try:
        return None if value is None else parse_wait(value)
    except TooLong:
        return LONGEST


def _length(value: Any) -> Any:
    if (length := _wait(value)) == timedelta(0):
        raise ValueError("expected a duration longer than zero")
    return length


def _matchers(value: Any) -> Any:
    return tuple(parse_matchers(_text(value), lone_brace=True))


def _pattern(value: Any) -> Any:
    if value is None:
        raise ValueError("expected a regular expression")
    require_re2(_text(value))
    return value


def _labelled(value: Any) -> Any:
    """A mapping of label names to values."""
    bad = next((name for name in value or {} if not _LABEL.fullmatch(name)), None) if isinstance(value, dict) else None
    if bad is not None:
        raise ValueError(f"expected label names of letters, digits and _, not {bad!r}")
    return {} if value is None else value


def _or(empty: Callable[[], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: empty() if value is None else value)


Text = Annotated[str, BeforeValidator(_text)]
Filled = Annotated[str, BeforeValidator(_filled)]
Switch = Annotated[bool, BeforeValidator(_switch)]
Wait = Annotated[timedelta | None, BeforeValidator(_wait)]
Length = Annotated[timedelta | None, BeforeValidator(_length)]
Names = Annotated[tuple[Filled, ...], _or(tuple)]
LabelNames = Annotated[tuple[Filled, ...] | None, _or(lambda: None)]
MatcherTexts = Annotated[tuple[Annotated[tuple[Matcher, ...], BeforeValidator(_matchers)], ...], _or(tuple)]
Equal = Annotated[dict[str, Text], BeforeValidator(_labelled)]
Patterns = Annotated[dict[str, Annotated[str, BeforeValidator(_pattern)]], BeforeValidator(_labelled)]
Section = Annotated[dict[str, Any], _or(dict)]
Listed = _or(tuple)
