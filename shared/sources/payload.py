"""Reaching into a payload: what must be there, and what may be."""

from typing import Any, TypeVar
from urllib.parse import urlsplit

from shared.errors import ContractBroken

T = TypeVar("T")


def require(payload: Any, path: str, kind: type[T]) -> T:
    """The *kind* at dotted *path*. Raises ContractBroken naming what was expected and what was found."""
    found = _at(payload, path)
    if isinstance(found, kind) and not (kind is int and isinstance(found, bool)):
        return found
    raise ContractBroken(f"expected {path} to be {kind.__name__}, found {_described(found)}")


def optional(payload: Any, path: str, kind: type[T], default: T) -> T:
    """The *kind* at dotted *path*, or *default* where something else, or nothing, stands."""
    found = _at(payload, path)
    return found if isinstance(found, kind) else default


def text(payload: Any, *paths: str) -> str:
    """The first non-empty text or number among *paths*; empty where there is none."""
    for path in paths:
        found = _at(payload, path)
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
            return str(found)
    return ""


def link(payload: Any, *paths: str) -> str:
    """The first of *paths* that is an http or https address; any other kind could do harm when tapped."""
    return next((found for path in paths if is_link(found := text(payload, path))), "")


def is_link(found: str) -> bool:
    try:
        return urlsplit(found).scheme in {"http", "https"}
    except ValueError:
        return False


def _at(payload: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(payload, dict):
            return None
        payload = payload.get(part)
    return payload


def _described(found: Any) -> str:
    return "nothing" if found is None else type(found).__name__
