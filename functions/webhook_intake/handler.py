"""Receives webhooks: authenticates, stores once, publishes, answers. Only a stored webhook gets a 2xx answer."""

from typing import TYPE_CHECKING, Any

from functions.webhook_intake.authentication import proof, without_secret
from functions.webhook_intake.pings import ping
from functions.webhook_intake.rejections import note_rejection
from shared.context import Context
from shared.errors import ContractBroken, Malformed, MethodNotAllowed, NotFound, Unauthorized
from shared.events import Event, Signal, document_id
from shared.intake.body import body_text, parsed
from shared.intake.webhook import claim, delivery_id, kept_headers, latest, read, repeat_id
from shared.ports import Create
from shared.services.intake.acceptance import Outcome, accept
from shared.services.intake.context import IntakeContext
from shared.sources import format_of
from shared.sources.signatures import rejected
from shared.telemetry.logger import log as _log
from shared.values.http import HttpRequest, HttpResponse, json_response

if TYPE_CHECKING:
    from shared.config.sources import Source


def handle(request: HttpRequest, context: IntakeContext) -> HttpResponse:
    """The HTTP surface of DESIGN section 6 under `/webhooks`."""
    match request.path.strip("/").split("/"):
        case ["webhooks", "v2", "enqueue"]:
            return _enqueue(request, context)
        case ["webhooks", "ping", heartbeat, *word] if len(word) <= 1:
            return ping(heartbeat, "".join(word), request, context)
        case ["webhooks", name] if name in context.config.sources:
            return _webhook(name, request, context)
    raise NotFound("There is no such webhook.", hint="The path is /webhooks/{source}, with a source from opos.yaml.")


def _webhook(name: str, request: HttpRequest, context: Context) -> HttpResponse:
    source = context.config.sources[name]
    _require_method(request, "POST")
    signed_with = proof(source, request, context)
    request = without_secret(source, request, context)
    payload = parsed(request.body, request.headers)
    answer = _handshake(name, source, payload)
    if answer is not None and not _says_something(name, source, request, payload):
        _log.info("set_up", source=name)
        return answer
    event, outcome = _keep(name, source, request, payload, signed_with, context)
    return answer or json_response(202 if outcome == "accepted" else 200, {"id": event.id, "status": outcome})


def _keep(
    name: str, source: "Source", request: HttpRequest, payload: Any, signed_with: str, context: Context
) -> tuple[Event, str]:
    headers = kept_headers(name, source, request)
    reading = read(name, source, headers, payload)
    named, body = delivery_id(source, request, payload), body_text(request.body)
    delivery = named.text if named else context.new_id()
    event = Event(
        id=document_id(name, delivery) if named else repeat_id(name, delivery, body["body_sha256"]),
        source=name,
        type=reading.type,
        delivery_id=delivery,
        subject=reading.subject,
        received_at=context.now,
        owner=context.config.owner,
        trace=context.trace,
        headers=headers,
        quarantine=reading.quarantine,
        signed_with=signed_with,
        **body,
    )
    first = None if named and named.is_signed else claim(name, source, request, event.id, context.now)
    last = None if named else latest(name, source, event, payload, reading.signals)
    event, outcome = _accept(event, reading.signals, first, last, context)
    _log.info(
        outcome, event_id=event.id, source=name, type=event.type, quarantine=event.quarantine, title=event.subject
    )
    return event, outcome


def _accept(
    event: Event, signals: tuple[Signal, ...], first: Create | None, last: Create | None, context: Context
) -> tuple[Event, Outcome]:
    if last is not None:
        from shared.services.intake.redelivery import accept_latest

        return accept_latest(event, signals, first, last, context)
    if first is not None:
        from shared.services.intake.repetition import accept_first

        return accept_first(event, signals, first, context)
    return event, accept(event, signals, context)


def _handshake(name: str, source: "Source", payload: Any) -> HttpResponse | None:
    answer = format_of(name, source).handshake
    return None if answer is None or isinstance(payload, ContractBroken) else answer(payload)


def _says_something(name: str, source: "Source", request: HttpRequest, payload: Any) -> bool:
    """Whether *payload* is an event too: the field that has the word of a set-up request may be one of an event."""
    reading = read(name, source, kept_headers(name, source, request), payload)
    return bool(reading.signals) and reading.quarantine is None


def _enqueue(request: HttpRequest, context: IntakeContext) -> HttpResponse:
    """PagerDuty's Events API v2: the routing key in the body selects the source, and the answers are PagerDuty's.

    Source: PagerDuty developer documentation, "Send an alert event".
    """
    from shared.sources.senders.pagerduty_events import dedup_key

    _require_method(request, "POST")
    payload = parsed(request.body, request.headers)
    if isinstance(payload, ContractBroken):
        return _invalid(payload.message, request, context)
    name, signed_with = _owner_of_key(request, context)
    request = without_secret(context.config.sources[name], request, context)
    payload = parsed(request.body, request.headers)
    event, _ = _keep(name, context.config.sources[name], request, payload, signed_with, context)
    key = "" if event.quarantine else dedup_key(payload)
    return json_response(202, {"status": "success", "message": "Event processed", "dedup_key": key})


def _owner_of_key(request: HttpRequest, context: Context) -> tuple[str, str]:
    """The source of the routing key, and the name of the secret if it has several."""
    owner, failed = None, rejected(failed="routing_key")
    for name, source in context.config.sources.items():
        if source.scheme == "pagerduty-events":
            try:
                signed_with = proof(source, request, context)
                owner = owner or (name, signed_with)
            except Unauthorized as fault:
                failed = fault
    if owner is None:
        message = "The request does not carry a valid routing key."
        raise Unauthorized(message, challenge="pagerduty-events", failed=failed.failed, detail=failed.detail)
    return owner


def _invalid(reason: str, request: HttpRequest, context: IntakeContext) -> HttpResponse:
    note_rejection(Malformed(reason), request, context)
    return json_response(400, {"status": "invalid event", "message": "Event object is invalid", "errors": [reason]})


def _require_method(request: HttpRequest, *allowed: str) -> None:
    if request.method not in allowed:
        raise MethodNotAllowed(request.method, *allowed)
