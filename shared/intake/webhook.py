"""Reads a webhook: its delivery id, type and signals. Intake, sweeper and replay share this."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.errors import ContractBroken
from shared.events import OWN_SOURCE, Alert, Event, Signal, document_id, iso
from shared.intake.body import parsed, raw_body
from shared.ports import Create, Doc
from shared.ports.field_paths import EXPIRY
from shared.sources import format_name, format_of, scheme
from shared.sources.contract import FAULTS, Format, Meaning
from shared.sources.severity_words import meanings
from shared.values.http import HttpRequest
from shared.values.severity import severity_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from shared.config.model import Config
    from shared.config.sources import DeliverySpec, Source


SENT_AGAIN_WITHIN = timedelta(minutes=1)
"""How soon a sender without delivery ids sends a delivery again that was not answered, at the latest."""


class DeliveryId(NamedTuple):
    """The id of a delivery. `is_signed`: nobody but the sender can send the same content under another id."""

    text: str
    is_signed: bool


class Reading(NamedTuple):
    """What a body says. If it fails validation, `quarantine` says why, and its only signal is an alert about it."""

    type: str
    subject: str
    signals: tuple[Signal, ...]
    quarantine: str | None = None


def read(name: str, source: "Source", headers: Mapping[str, str], payload: Any | ContractBroken) -> Reading:
    """What *payload* from the source called *name* means; never raises, whatever the sender sends."""
    if isinstance(payload, ContractBroken):
        return _quarantined(name, payload)
    sender = format_of(name, source)
    reading = _reading(name, source, sender, headers, payload)
    if is_only_noted(name, source, payload):
        return _noted(reading)
    return _marked(reading) if sender.is_test and sender.is_test(payload) else reading


def is_only_noted(name: str, source: "Source", payload: Any) -> bool:
    """Whether *payload* is of the sender's test mode, which *source*, called *name*, does not handle."""
    is_test = format_of(name, source).is_test
    return source.test_mode == "note" and is_test is not None and is_test(payload)


def _reading(name: str, source: "Source", sender: Format, headers: Mapping[str, str], payload: Any) -> Reading:
    try:
        event_type = sender.event_type(headers, payload)
        meaning = sender.translate(event_type, payload)
    except FAULTS as fault:
        return _quarantined(name, fault)
    signals = tuple(_with_severity(signal, name, source, event_type) for signal in meaning.signals)
    return Reading(event_type or "unnamed", _subject(meaning), (*signals, *meaning.mistakes))


def _noted(reading: Reading) -> Reading:
    """*reading* of an event of the sender's test mode: a subject and nothing else, not even a quarantine."""
    return Reading(reading.type, f"test mode: {reading.subject}", ())


def _marked(reading: Reading) -> Reading:
    """*reading* of an event of the sender's test mode that is handled: a person must see that nothing is at stake."""
    titled = [signal.model_copy(update={"title": f"Test mode: {signal.title}"}) for signal in reading.signals]
    return reading._replace(subject=f"test mode: {reading.subject}", signals=tuple(titled))


def delivery_id(source: "Source", request: HttpRequest, payload: Any | ContractBroken) -> DeliveryId | None:
    """The delivery id at the place that opos.yaml declares, else the sender's own; None if there is neither.

    A hash replaces the sender's id: it names what is said, which may be said again, so it is no id.
    """
    if source.delivery and source.delivery.hash:
        return None
    known = None if isinstance(payload, ContractBroken) else payload
    try:
        declared = _declared_id(source.delivery, request, known) if source.delivery else None
        sender = scheme(source)
        return declared or _named(sender.delivery(request, known), is_signed=sender.signs_id)
    except FAULTS:
        return None


def latest(name: str, source: "Source", event: Event, payload: Any, signals: tuple[Signal, ...]) -> Create | None:
    """The write by which *event*, whose delivery has no id, is the latest about its subject, with the hash of its body.

    None if equal bodies are always meant: the sender never sends a delivery again, or `repeat_window` is 0s. With
    scheme hmac, or if a delivery lacks the id that opos.yaml declares, an equal body within a minute is sent again.
    """
    sender = format_of(name, source)
    if source.delivery is not None and source.delivery.hash:
        window = source.delivery.window
    elif sender.about or ((source.hmac or source.delivery) and source.repeat_window):
        window = SENT_AGAIN_WITHIN
    else:
        return None
    subject = _subject_of(sender, payload, signals) or event.body_sha256
    content = {"event": event.id, "body_sha256": event.body_sha256, EXPIRY: iso(event.received_at + window)}
    return Create(f"bodies/{document_id(name, 'about', subject)}", content)


def claim(name: str, source: "Source", request: HttpRequest, event: str, now: datetime) -> Create | None:
    """The write by which *event* is the first with what the signature of *request* covers.

    None if nothing is signed, or if the source's `repeat_window` is 0s.
    """
    sender = scheme(source)
    window = min(source.repeat_window, 2 * source.tolerance) if sender.signs_time else source.repeat_window
    if sender.signed is None or not window:
        return None
    content = hashlib.sha256(sender.signed(request)).hexdigest()
    return Create(f"bodies/{document_id(name, content)}", {"event": event, EXPIRY: iso(now + window)})


def repeat_id(source: str, delivery: str, body_sha256: str) -> str:
    """The id of an event that repeats another, or whose delivery has no id. It differs from the one that the delivery
    id makes alone: otherwise a repeat could take the place of an event that is still to come.
    """
    return document_id(source, delivery, body_sha256)


@cache
def _own_signals() -> "TypeAdapter[Signal]":
    from pydantic import TypeAdapter

    return TypeAdapter(Signal)


def read_again(doc: Doc, config: "Config") -> tuple[Event, tuple[Signal, ...]]:
    """A stored event and its signals under today's configuration, which may end or start its quarantine.

    An event whose person was forgotten has no signals.
    """
    event = Event.stored(doc.data)
    if doc.data.get("forgotten_at"):
        return event, ()
    if event.source == OWN_SOURCE:
        return event, (_own_signals().validate_json(event.body),)
    source = config.sources.get(event.source)
    if source is None:
        reading = _quarantined(event.source, ContractBroken(f"the source {event.source} is no longer in opos.yaml"))
    else:
        reading = read(event.source, source, event.headers, parsed(raw_body(event), event.headers))
    return event.model_copy(update={"quarantine": reading.quarantine, "type": reading.type}), reading.signals


def kept_headers(name: str, source: "Source", request: HttpRequest) -> dict[str, str]:
    """The headers to store: an allow-list, because others may carry secrets. *name* is that of the source."""
    delivery = (source.delivery.header.lower(),) if source.delivery and source.delivery.header else ()
    declared = (*delivery, *source.keep_headers)
    names = ("content-type", "user-agent", *declared, *scheme(source).headers, *format_of(name, source).headers)
    return {name: request.headers[name][:500] for name in names if name in request.headers}


def _declared_id(spec: "DeliverySpec", request: HttpRequest, payload: Any) -> DeliveryId | None:
    if spec.header:
        return _named(request.headers.get(spec.header.lower()), is_signed=False)
    import jmespath

    id = jmespath.search(spec.body or "", payload)
    return _named(None if id is None else str(id), is_signed=True)


def _subject_of(sender: Format, payload: Any, signals: tuple[Signal, ...]) -> str:
    """What *payload* is about: as its format says, else its alerts; empty if it has neither."""
    subject = sender.about(payload) if sender.about else ""
    return subject or "|".join(sorted(signal.fingerprint for signal in signals if isinstance(signal, Alert)))


def _named(id: str | None, *, is_signed: bool) -> DeliveryId | None:
    return DeliveryId(id, is_signed) if id else None


def _quarantined(name: str, fault: Exception) -> Reading:
    reason = (str(fault) if isinstance(fault, ContractBroken) else f"{type(fault).__name__}: {fault}")[:500]
    alert = Alert(
        fingerprint=f"quarantine:{name}", title=f"A webhook from {name} failed validation", severity="warning",
        summary=reason,
    )  # fmt: skip
    return Reading("quarantined", alert.title, (alert,), quarantine=reason)


def _subject(meaning: Meaning) -> str:
    """The subject. An alert's title says what is wrong, so the subject says if it is resolved."""
    over = bool(meaning.signals) and all(
        signal.kind == "alert" and signal.status == "resolved" for signal in meaning.signals
    )
    return f"resolved: {meaning.subject}" if over else meaning.subject


def _with_severity(signal: Signal, name: str, source: "Source", event_type: str) -> Signal:
    """*signal* with the operator's severity for its event type, else with what the sender's word means."""
    if not isinstance(signal, Alert):
        return signal
    words = meanings(format_name(name, source), source)
    severity = source.severity.get(event_type) or severity_of(signal.severity, words)
    return signal.model_copy(update={"severity": severity})
