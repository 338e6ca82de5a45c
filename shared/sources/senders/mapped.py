"""Payloads of the operator's own senders, read by the JMESPath expressions in opos.yaml. Source: jmespath.org."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import jmespath

from shared.config.sources import AlertMapping, EventMapping, Source
from shared.errors import ContractBroken
from shared.events import Alert, BusinessEvent, Money, Severity, Signal
from shared.process.lazy_property import by_identity
from shared.sources.contract import FAULTS, Format, Meaning
from shared.sources.payload import parse_moment, text
from shared.values.http import HttpResponse
from shared.values.links import web_link
from shared.values.money import exponent

Search = Callable[[Any], Any]
_SEVERITIES: frozenset[str] = frozenset(Severity.__args__)  # type: ignore[attr-defined]
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,3}")
_RESOLVED = frozenset({"resolved", "ok", "up", "recovered", "closed", "fixed", "false"})


@by_identity
def format_of(source: Source) -> Format:
    """The format that *source* declares. Without a mapping, each payload is a business event named after its type."""
    named_by, read = _compiled(source.type), reader(source)
    is_mapped = source.alert is not None or source.event is not None

    def event_type(headers: Mapping[str, str], payload: Any) -> str:
        name = named_by(payload) if named_by else text(payload, "type", "event")
        return str(name or "event")

    def translate(kind: str, payload: Any) -> Meaning:
        if signal := read(payload):
            return Meaning(signal.title, (signal,))
        return Meaning(kind) if is_mapped else Meaning(kind, (BusinessEvent(title=kind),))

    return Format(event_type=event_type, translate=translate, handshake=_handshake(source.challenge))


def _handshake(challenge: str | None) -> Callable[[Any], HttpResponse | None] | None:
    """The answer to a sender's request that a new address repeat a word: the word alone."""
    if (search := _compiled(challenge)) is None:
        return None

    def answer(payload: Any) -> HttpResponse | None:
        try:
            word = search(payload)
        except FAULTS:
            return None
        is_asked = isinstance(word, str) and bool(word)
        return HttpResponse(200, word.encode(), {"content-type": "text/plain; charset=utf-8"}) if is_asked else None

    return answer


@by_identity
def reader(source: Source) -> Callable[[Any], Signal | None]:
    """Reads a payload by the mappings of *source*: by `alert`, else by `event`; None if neither applies.

    Raises ContractBroken if one applies, and lacks a title.
    """
    mappings: list[Callable[[Any], Signal | None]] = []
    mappings += [_alert(source.alert)] if source.alert else []
    mappings += [_event(source.event)] if source.event else []
    return lambda payload: next((signal for read in mappings if (signal := read(payload))), None)


def _alert(mapping: AlertMapping) -> Callable[[Any], Alert | None]:
    search = _searches(mapping)
    labels = {name: jmespath.compile(expression).search for name, expression in mapping.labels.items()}

    def make(payload: Any) -> Alert | None:
        if not _applies(search, payload):
            return None
        title = _line(search, "title", payload)
        is_over = str(_value(search, "status", payload)).lower() in _RESOLVED
        status = ("resolved" if is_over else "firing") if mapping.status else None
        said = {
            "status": status,
            "summary": _text(search, "summary", payload),
            "link": web_link(_text(search, "link", payload)),
            "at": parse_moment(_text(search, "at", payload)),
            "runbook": _text(search, "runbook", payload),
            "labels": {name: _text(labels, name, payload) for name in labels},
        }
        return Alert(
            title=title,
            severity=_severity(mapping, search, payload),
            fingerprint=_text(search, "fingerprint", payload) or title,
            **_without_blanks(said),
        )

    return make


def _event(mapping: EventMapping) -> Callable[[Any], BusinessEvent | None]:
    search = _searches(mapping)

    def make(payload: Any) -> BusinessEvent | None:
        if not _applies(search, payload):
            return None
        money = _money(search, payload)
        said = {
            "about": mapping.about or ("money in" if money else None),
            "summary": _text(search, "summary", payload),
            "link": web_link(_text(search, "link", payload)),
            "money": money,
        }
        return BusinessEvent(title=_line(search, "title", payload), **_without_blanks(said))

    return make


def _without_blanks(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the mapping says, so that beside a built-in format the others stay as the format reads them."""
    return {name: value for name, value in said.items() if value}


def _searches(mapping: AlertMapping | EventMapping) -> dict[str, Search]:
    expressions = {name: value for name, value in mapping if name != "about" and isinstance(value, str)}
    return {name: search for name, value in expressions.items() if (search := _compiled(value))}


def _compiled(expression: str | None) -> Search | None:
    return None if expression is None else jmespath.compile(expression).search


def _applies(search: Mapping[str, Search], payload: Any) -> bool:
    return "when" not in search or bool(_value(search, "when", payload))


def _value(search: Mapping[str, Search], name: str, payload: Any) -> Any:
    """The value of the expression *name*; None if there is no such expression or value."""
    try:
        return search[name](payload) if name in search else None
    except FAULTS as fault:
        raise ContractBroken(f"expected {name} to have a value, found an error: {fault}") from fault


def _line(search: Mapping[str, Search], name: str, payload: Any) -> str:
    value = _value(search, name, payload)
    if not isinstance(value, str | int | float) or not str(value).strip():
        raise ContractBroken(f"expected {name} to be text, found {type(value).__name__}")
    return str(value)


def _text(search: Mapping[str, Search], name: str, payload: Any) -> str:
    """The value of *name* as text; 0 and false are values, null is none."""
    value = _value(search, name, payload)
    return "" if value is None else str(value)


def _severity(mapping: AlertMapping, search: Mapping[str, Search], payload: Any) -> str:
    """The plain severity, else the word in the payload; without either, none."""
    if mapping.severity in _SEVERITIES:
        return mapping.severity
    return _text(search, "severity", payload)


def _money(search: Mapping[str, Search], payload: Any) -> Money | None:
    """A number counts minor units; a text with a decimal point, such as `49.00`, counts major ones."""
    amount, currency = _value(search, "amount", payload), _value(search, "currency", payload)
    if isinstance(amount, str) and isinstance(currency, str) and _DECIMAL.fullmatch(amount):
        amount = int(Decimal(amount).scaleb(exponent(currency)))
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not isinstance(currency, str):
        return None
    return Money(amount=int(amount), currency=currency) if amount == amount // 1 else None
