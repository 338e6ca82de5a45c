"""Keeps an event that does not fit: as a failed message, until the operator replays or dismisses it."""

from collections.abc import Mapping

from shared.context import Context
from shared.events import Alert, EventAccepted, document_id, iso
from shared.ports import create_or_update
from shared.services.intake.acceptance import accept, own_event
from shared.telemetry.logger import log as _log

SUBSCRIPTION = "record-keeper"


def keep_misfit(message: EventAccepted, faults: Mapping[str, str], context: Context) -> None:
    """Store the event of *message* with its *faults*, and raise an alert for its source and type."""
    path = f"dead_letters/{document_id(SUBSCRIPTION, message.id)}"
    known = context.store.get(path)
    received_at = known.data["received_at"] if known else iso(context.now)
    letter = {
        "subscription": SUBSCRIPTION, "attempts": 1, "event": message.id, "data": message.model_dump_json(),
        "received_at": received_at, "faults": dict(faults),
    }  # fmt: skip
    context.store.commit([create_or_update(path, letter, known)])
    _log.warning("record_misfit", event_id=message.id, source=message.source, type=message.type, expected=[*faults])
    alert = Alert(
        fingerprint=f"records:{message.source}:{message.type}",
        title=f"An event {message.type} of {message.source} does not fit your records",
        severity="warning",
        summary=f"What it says of {', '.join(faults)} is not in the record. `opos trace {message.id[:8]}` says why. Fix"
        f" opos.yaml or company/, then `opos replay {message.id[:8]}`.",
    )
    event = own_event(alert, "record-misfit", delivery_id=f"{path}:{received_at}", context=context)
    accept(event, (alert,), context)
