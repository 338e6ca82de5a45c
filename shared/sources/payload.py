"""Reads required and optional values from a payload."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.errors import ContractBroken
from shared.values.links import web_link
from shared.values.timestamps import utc

T = TypeVar("T")
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")
_MILLISECONDS = 100_000_000_000
_FIRST_YEAR = 1990
"""An earlier time is the zero value of some clock and means nothing."""


def require(payload: Any, path: str, kind: type[T]) -> T:
    """The *kind* at dotted *path*. Raises ContractBroken, which says what was expected and what was found."""
    value = _at(payload, path)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise ContractBroken(f"expected {path} to be {kind.__name__}, found {_described(value)}")


def header(headers: Mapping[str, str], name: str) -> str:
    """The header *name*. Raises ContractBroken if the request did not have it."""
    if name not in headers:
        raise ContractBroken(f"expected the header {name}, found none")
    return headers[name]


def optional(payload: Any, path: str, kind: type[T], default: T) -> T:
    """The *kind* at dotted *path*, or *default* if there is nothing or something else."""
    value = _at(payload, path)
    return value if isinstance(value, kind) else default


def text(payload: Any, *paths: str) -> str:
    """The first non-empty text or number among *paths*; empty if there is none."""
    for path in paths:
        value = _at(payload, path)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""


def link(payload: Any, *paths: str) -> str:
    """The first web link among *paths*; empty if there is none."""
    return next((address for path in paths if (address := web_link(text(payload, path)))), "")


def moment(payload: Any, *paths: str) -> datetime | None:
    """The first time among *paths*: ISO 8601 with a zone, or seconds or milliseconds since 1970."""
    return next(iter(_moments(payload, paths)), None)


def latest_moment(payload: Any, *paths: str) -> datetime | None:
    """The latest time among *paths*, each as in `moment`."""
    return max(_moments(payload, paths), default=None)


def _moments(payload: Any, paths: Iterable[str]) -> list[datetime]:
    values = (_at(payload, path) for path in paths)
    written = (repr(value) if isinstance(value, float) else text({"at": value}, "at") for value in values)
    return [at for value in written if (at := parse_moment(value))]


def parse_moment(value: str) -> datetime | None:
    """*value* as a time; None for anything else, and for the zero value of some clock.

    A time that opos cannot represent is the nearest that it can: no time in an authentic webhook is a reason to fail.
    """
    try:
        at = utc(datetime.fromtimestamp(_seconds(float(value)), UTC) if _NUMBER.fullmatch(value) else _iso(value))
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year >= _FIRST_YEAR else None


def _seconds(number: float) -> float:
    return number / 1000 if number > _MILLISECONDS else number


def _iso(value: str) -> datetime:
    """The ISO 8601 time in *value*, cut from Go's nanoseconds to microseconds. Raises ValueError without a zone."""
    at = datetime.fromisoformat(_FRACTION.sub(r"\1", value))
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at


def _at(payload: Any, path: str) -> Any:
    if "." not in path:  # most paths: each payload has dozens
        return payload.get(path) if isinstance(payload, dict) else None
    for part in path.split("."):
        if not isinstance(payload, dict):
            return None
        payload = payload.get(part)
    return payload


def _described(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
