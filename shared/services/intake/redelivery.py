"""Recognises a delivery that its sender sends again, although it has no id, as with Alertmanager: by its body.

The latest event about a subject is known by the hash of its body, written in the commit that stores it. The same body
is a duplicate only within a short window, only if the sender has said nothing else about the subject, and only if
nobody has resolved one of its alerts meanwhile: after that, the same words are news.
"""

from collections.abc import Sequence

from shared.alerting.alert import alert_id, as_alert, was_resolved_since
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import Event, Signal, as_handling, iso
from shared.ports import Create, Doc, Update, Write
from shared.ports.field_paths import EXPIRY
from shared.services.intake.acceptance import Outcome, accept, announce_if_waiting
from shared.services.intake.repetition import accept_first

MOST_ALERTS = 100
"""With more alerts, opos does not read them all to see if somebody has resolved one, but accepts the delivery again."""


def accept_latest(
    event: Event, signals: tuple[Signal, ...], first: Create | None, last: Create, context: Context
) -> tuple[Event, Outcome]:
    """Accept *event* with its claims *first* and *last*, or find that it is sent again; the event as it is stored.

    Raises Conflict if a claim changed meanwhile; the request then runs again.
    """
    try:
        return _accept(event, signals, first, last, context)
    except AlreadyExists as conflict:
        if conflict.path != last.path:
            raise
        known = context.store.get(last.path)
    if known is None:
        raise Conflict(last.path)
    if _is_sent_again(last, known, context) and _says_the_same(event.source, signals, known, context):
        return event.model_copy(update={"id": known.data["event"]}), "duplicate"
    return _accept(event, signals, first, Update(last.path, last.data, known.version), context)


def _accept(
    event: Event, signals: tuple[Signal, ...], first: Create | None, last: Write, context: Context
) -> tuple[Event, Outcome]:
    if first is None:
        return event, accept(event, signals, context, last)
    return accept_first(event, signals, first, context, last)


def _is_sent_again(last: Create, known: Doc, context: Context) -> bool:
    """A window that ends later than that of *last* is from before the clock was set back, and does not count."""
    is_recent = iso(context.now) < known.data[EXPIRY] <= last.data[EXPIRY]
    return is_recent and bool(known.data["body_sha256"] == last.data["body_sha256"])


def _says_the_same(source: str, signals: Sequence[Signal], known: Doc, context: Context) -> bool:
    """Whether all that fires in *signals* still does, since the event of *known* was handled, if it was."""
    doc = context.store.get(f"events/{known.data['event']}")
    if doc is None or doc.data["state"] == "dead" or len(signals) > MOST_ALERTS:
        return False
    if doc.data["state"] == "accepted":
        if not context.joined:
            announce_if_waiting(doc, context)
        return True
    since = max((mark["at"] for mark in as_handling(doc.data)["handled"].values()), default=doc.data["received_at"])
    firing = [signal for signal in signals if signal.kind == "alert" and signal.status != "resolved"]
    alerts = [context.store.get(f"alerts/{alert_id(source, '', 0, signal)}") for signal in firing]
    return not any(alert is None or was_resolved_since(as_alert(alert.data), since) for alert in alerts)
