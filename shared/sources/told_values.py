"""What a payload tells of a value: something, null, or nothing at all, which JMESPath alone does not tell apart."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jmespath

from shared.sources.path_functions import OPTIONS

UNKNOWN = object()
"""The payload does not have the path."""
_PATHS = frozenset({"field", "subexpression", "index", "index_expression"})


def told(expression: str, payload: Any) -> Any:
    """The value of *expression*, None if the payload has null there, or UNKNOWN.

    A path into an object that is null is null. Of `a || b`, the first that has a value counts. An expression of any
    other form that gives null tells nothing. Raises what evaluating may raise, the FAULTS of a sender's contract.
    """
    return _told(_compiled(expression), payload)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression).parsed


def _told(node: Any, payload: Any) -> Any:
    kind = node["type"]
    if kind == "or_expression":
        return _first([_told(child, payload) for child in node["children"]])
    if kind == "literal":
        return node["value"]
    if _is_path(node):
        return _at(node, payload)
    value = jmespath.parser.ParsedResult("", node).search(payload, options=OPTIONS)
    return UNKNOWN if value is None else value


def _is_path(node: Any) -> bool:
    return node["type"] in _PATHS and all(map(_is_path, node["children"]))


def _first(values: list[Any]) -> Any:
    """The first value that JMESPath takes for true; else the last that the payload has."""
    known = [value for value in values if value is not UNKNOWN]
    return next((value for value in known if not _is_false(value)), known[-1] if known else UNKNOWN)


def _is_false(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})


def _at(node: Any, payload: Any) -> Any:
    if payload is None or payload is UNKNOWN:
        return payload
    if node["type"] == "field":
        return payload.get(node["value"], UNKNOWN) if isinstance(payload, Mapping) else UNKNOWN
    if node["type"] == "index":
        is_there = isinstance(payload, list) and -len(payload) <= node["value"] < len(payload)
        return payload[node["value"]] if is_there else UNKNOWN
    for child in node["children"]:
        payload = _at(child, payload)
    return payload
