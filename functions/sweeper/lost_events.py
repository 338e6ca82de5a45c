"""Publishes events again whose message was lost: they were accepted and are still not handled."""

from datetime import datetime, timedelta

from functions.sweeper.recovery import BATCH, recover_each
from shared.context import Context
from shared.errors import Conflict
from shared.events import as_handling, iso
from shared.intake.webhook import read_again
from shared.ports import Doc, Update
from shared.services.intake.acceptance import announcement
from shared.telemetry.logger import log as _log

LOST_AFTER = timedelta(minutes=1)


def publish_lost(context: Context) -> None:
    accepted = context.store.query("events", where=[("state", "==", "accepted")], limit=BATCH)
    recover_each(list(accepted), lambda doc: _publish_if_lost(doc, context))


def _publish_if_lost(doc: Doc, context: Context) -> None:
    is_ahead = _published_at(doc) > context.now + LOST_AFTER  # the clock has been set back since
    if context.now < _lost_at(doc) and not is_ahead:
        return
    again = {"republished.count": doc.data["republished"]["count"] + 1, "republished.at": iso(context.now)}
    try:
        version = context.store.commit([Update(doc.path, again, doc.version)])[doc.path]
    except Conflict:
        return  # It was handled, or another sweep has published it, since the query.
    event, signals = read_again(doc, context.config)
    context.bus.publish(announcement(event, signals, version=version))
    _log.warning("republished", event_id=doc.id)


def _lost_at(doc: Doc) -> datetime:
    """When an event that is still not handled is published again: after one minute, then two, four, ..."""
    times: int = min(doc.data["republished"]["count"], 6)
    return _published_at(doc) + LOST_AFTER * (1 << times)


def _published_at(doc: Doc) -> datetime:
    """When the event was last published. A large event that is handled in portions is published with each of them."""
    portions = [mark["at"] for mark in as_handling(doc.data)["handled"].values()]
    return datetime.fromisoformat(max([doc.data["republished"]["at"] or doc.data["received_at"], *portions]))
