"""Accepted events for tests of what comes behind the intake."""

from functions.alert_router.handler import handle
from shared.events import Alert, BusinessEvent, Event, EventAccepted, Signal, document_id
from shared.services.intake.acceptance import accept
from tests.support.fakes import FakeContext


def disk_full(severity: str = "critical", fingerprint: str = "disk", **fields: object) -> Alert:
    return Alert.model_validate({"fingerprint": fingerprint, "title": "Disk full", "severity": severity, **fields})


def new_customer() -> BusinessEvent:
    return BusinessEvent(title="New customer")


def accepted(context: FakeContext, delivery: str, *signals: Signal, source: str = "github") -> EventAccepted:
    """The message of an event that carries *signals*, after it was accepted."""
    event = Event(
        id=document_id(source, delivery), source=source, type="test", delivery_id=delivery, received_at=context.now,
        owner="me@example.com", trace=context.trace, body="{}", body_sha256="",
    )  # fmt: skip
    assert accept(event, signals, context) == "accepted"
    message = context.bus.published[-1]
    assert isinstance(message, EventAccepted)
    return message


def route_whole(message: EventAccepted, context: FakeContext) -> int:
    """Deliver *message*, and the rest of its event each time that it is published. Returns the number of deliveries."""
    before, delivered, rest = len(context.bus.published), 0, [message]
    while rest:
        handle(rest.pop(), context)
        delivered += 1
        rest += [again for again in context.bus.published[before:] if isinstance(again, EventAccepted)]
        before = len(context.bus.published)
    return delivered
