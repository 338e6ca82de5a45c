"""A mapping beside a built-in format: it adds to what the format reads (docs/adr/0045)."""

from collections.abc import Callable
from typing import Any, TypeVar

from shared.config.sources import Source
from shared.events import Alert, Signal
from shared.sources.contract import FAULTS, Format, Meaning
from shared.sources.senders.mapped import reader

Result = TypeVar("Result")


def overlaid(sender: Format, source: Source) -> Format:
    """*sender* with the mappings of *source*. Where both say something of the same, the operator's word counts.

    What the mapping does not say stays as the format reads it, above all the amount and the end of an alert.
    """
    read = reader(source)

    def translate(kind: str, payload: Any) -> Meaning:
        meaning, signal = _attempted(lambda: sender.translate(kind, payload)), _attempted(lambda: read(payload))
        if isinstance(meaning, Exception):
            return _without_format(meaning, signal)
        if isinstance(signal, Exception):
            return meaning._replace(mistakes=(_mistake("mapping", "A mapping in opos.yaml", signal),))
        return _joined(signal, meaning) if signal else meaning

    return sender._replace(translate=translate)


def _joined(signal: Signal, meaning: Meaning) -> Meaning:
    same = next((other for other in meaning.signals if _is_same(signal, other)), signal)
    said = {name: getattr(signal, name) for name in signal.model_fields_set}
    others = (other for other in meaning.signals if not _is_same(signal, other))
    return Meaning(signal.title, (same.model_copy(update=said), *others))


def _attempted(read: Callable[[], Result]) -> Result | Exception:
    """What *read* returns, or its error as a value: neither reader's error costs what the other one reads."""
    try:
        return read()
    except FAULTS as fault:
        return fault


def _without_format(fault: Exception, signal: Signal | Exception | None) -> Meaning:
    """What the mapping alone reads. Raises *fault*, that of the format, if this is nothing either."""
    if signal is None or isinstance(signal, Exception):
        raise fault
    return Meaning(signal.title, (signal,), (_mistake("format", "The format of a source", fault),))


def _mistake(fingerprint: str, reader: str, fault: Exception) -> Alert:
    """An alert that stays open until the operator resolves it: a payload that fits proves nothing for the others."""
    title = f"{reader} does not fit a payload"
    return Alert(fingerprint=fingerprint, title=title, severity="warning", summary=str(fault))


def _is_same(signal: Signal, other: Signal) -> bool:
    """Whether both are about one alert, or both are news: a payload is one piece of news, and its money counts once."""
    if isinstance(signal, Alert) and isinstance(other, Alert):
        return signal.fingerprint == other.fingerprint
    return signal.kind == other.kind
