"""Samples for a source whose payloads opos reads by the expressions in opos.yaml: payloads that those expressions read.

Not every expression can be reversed. So a sample is only what its mapping reads as what it should be.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import jmespath

from shared.config.sources import AlertMapping, EventMapping, Source
from shared.events import Alert, Severity
from shared.intake.webhook import read

Path = tuple[str, ...]
_TEXT = "Sample: a test from opos send"
_VALUES: Mapping[str, Any] = {
    "summary": _TEXT, "title": _TEXT, "link": "", "runbook": "", "fingerprint": "sample", "at": "{now}",
    "severity": "critical", "currency": "usd", "amount": 0,
}  # fmt: skip
"""What each expression should find. No amount: a sample is no income."""
_ABOUT = {
    "firing": "an alert, as the mapping in opos.yaml reads it",
    "resolved": "the same alert is resolved",
    "event": "a business event, as the mapping in opos.yaml reads it",
}


def mapped_samples(source: Source) -> dict[str, tuple[str, Any]]:
    """What each sample for *source* is about, and its body, by name; without those that cannot be made."""
    bodies = {name: _body(source, name) for name in _ABOUT}
    return {name: (_ABOUT[name], body) for name, body in bodies.items() if _is_read_as(name, source, body)}


def _is_read_as(name: str, source: Source, body: Any) -> bool:
    """Whether *source* reads *body*, its places unfilled, as what *name* says, and as no income."""
    reading = read("sample", source, {}, body)
    if reading.quarantine or not reading.signals:
        return False
    signal = reading.signals[0]
    is_free = signal.money is None or signal.money.amount == 0
    return is_free and (signal.status if isinstance(signal, Alert) else "event") == name


def _body(source: Source, name: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    mapping = source.event if name == "event" else source.alert
    expressions = _expressions(mapping) if mapping else {}
    for expression in expressions.values():
        _put_all(body, expression, _TEXT)
    values = {**_VALUES, "status": "down" if name == "firing" else "resolved"}
    for field, value in values.items():
        _put_all(body, expressions.get(field), value)
    _put_all(body, source.type or "type", "sample")
    _put_all(body, source.delivery.body if source.delivery else None, "{id}")
    for path, literal in _equalities(expressions.get("when")):
        _put(body, path, literal)
    return body


def _expressions(mapping: AlertMapping | EventMapping) -> dict[str, str]:
    """The expressions of *mapping* by field, and those of its labels; a plain severity is none."""
    fields = {name: value for name, value in mapping if name != "about" and isinstance(value, str)}
    if fields.get("severity") in Severity.__args__:  # type: ignore[attr-defined]
        del fields["severity"]
    labels = mapping.labels if isinstance(mapping, AlertMapping) else {}
    return {**{f"label {name}": value for name, value in labels.items()}, **fields}


def _put_all(body: dict[str, Any], expression: str | None, value: Any) -> None:
    for path in _paths(_parsed(expression)) if expression else ():
        _put(body, path, value)


def _put(body: Any, path: Path, value: Any) -> None:
    """Puts *value* at *path*, unless another value is on the way."""
    *parents, last = path
    for name in parents:
        body = body.setdefault(name, {}) if isinstance(body, dict) else None
    if isinstance(body, dict) and not isinstance(body.get(last), dict):
        body[last] = value


def _equalities(expression: str | None) -> Iterator[tuple[Path, Any]]:
    """Each path that *expression* compares with a literal by `==`, and that literal."""
    for node in _nodes(_parsed(expression)) if expression else ():
        if node["type"] == "comparator" and node["value"] == "eq":
            literals = [child["value"] for child in node["children"] if child["type"] == "literal"]
            yield from ((path, literal) for literal in literals for path in _paths(node))


def _parsed(expression: str) -> dict[str, Any]:
    return cast("dict[str, Any]", jmespath.compile(expression).parsed)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", ()):
        if isinstance(child, dict):
            yield from _nodes(child)


def _paths(node: dict[str, Any]) -> Iterator[Path]:
    """The dotted paths of names that the expression of *node* reads."""
    if path := _path(node):
        yield path
        return
    for child in node.get("children", ()):
        if isinstance(child, dict):
            yield from _paths(child)


def _path(node: dict[str, Any]) -> Path:
    """The names of a plain dotted path; empty if *node* is anything else."""
    if node["type"] == "field":
        return (node["value"],)
    parts = [_path(child) for child in node["children"]] if node["type"] == "subexpression" else []
    return tuple(name for part in parts for name in part) if all(parts) else ()
