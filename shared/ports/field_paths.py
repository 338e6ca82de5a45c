"""Dotted field paths in documents, as `Update` and queries use them."""

from collections.abc import Mapping
from typing import Any, Final

EXPIRY: Final = "expires_at"
"""The field with the time after which the store may delete a document: by TTL on Firestore, each minute on SQLite."""


def field(data: Mapping[str, Any], path: str) -> Any:
    """The value at dotted *path*, or None if any part of it is missing."""
    value: Any = data
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def merge(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of *data* in which each dotted path of *changes* has its new value; other values stay."""
    merged = dict(data)
    for path, value in changes.items():
        head, _, rest = path.partition(".")
        inner = merged.get(head)
        merged[head] = merge(inner if isinstance(inner, Mapping) else {}, {rest: value}) if rest else value
    return merged
