"""JSON pointers (RFC 6901), as errors and the engine name a place of a definition."""

from collections.abc import Sequence
from typing import Any


def pointer(where: Sequence[str | int]) -> str:
    """The pointer to the value at *where*; empty for the whole definition."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in where)


def resolve(document: Any, pointer: str) -> Any:
    """The value that *pointer* names in *document*. Raises LookupError if there is none."""
    value = document
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def value_at(document: Any, where: Sequence[str | int]) -> Any:
    """The value at *where* of *document*."""
    value = document
    for step in where:
        value = value[step]
    return value
