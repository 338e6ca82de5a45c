"""A mapping beside a built-in format: it adds to what the format reads (docs/adr/0045)."""

from collections.abc import Callable
from typing import Any

from shared.config.sources import Source
from shared.errors import ContractBroken
from shared.events import Alert, Signal
from shared.sources.contract import Format, Meaning
from shared.sources.senders.mapped import reader


def beside(sender: Format, source: Source) -> Format:
    """*sender* with the mappings of *source*. Where both say something of the same, the operator's word counts.

    What the mapping does not say stays as the format reads it, above all the amount and the end of an alert.
    """
    read = reader(source)

    def translate(kind: str, payload: Any) -> Meaning:
        meaning = sender.translate(kind, payload)
        signal = _added(read, payload)
        if signal is None:
            return meaning
        return _joined(signal, meaning)

    return sender._replace(translate=translate)


def _joined(signal: Signal, meaning: Meaning) -> Meaning:
    same = next((other for other in meaning.signals if _is_same(signal, other)), signal)
    said = {name: getattr(signal, name) for name in signal.model_fields_set}
    others = (other for other in meaning.signals if not _is_same(signal, other))
    return Meaning(signal.title, (same.model_copy(update=said), *others))


def _added(read: Callable[[Any], Signal | None], payload: Any) -> Signal | None:
    """What the mapping says. Its mistake is an alert of its own, so that it costs nothing that the format reads."""
    try:
        return read(payload)
    except (ContractBroken, ValueError) as fault:
        title = "A mapping in opos.yaml does not fit a payload"
        return Alert(fingerprint="mapping", title=title, severity="warning", summary=str(fault))


def _is_same(signal: Signal, other: Signal) -> bool:
    """Whether both are about one alert, or both are news: a payload is one piece of news, and its money counts once."""
    if isinstance(signal, Alert) and isinstance(other, Alert):
        return signal.fingerprint == other.fingerprint
    return signal.kind == other.kind
