"""What keeps a resolved notice that is due from being sent: a new notification, the outcome of its page, or focus.

If its page comes on another channel instead, so does the notice.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.resolved_notice import fate, is_pointless
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import document_id, iso
from shared.ports import Create, Doc, Update, Write
from shared.services.alerting.quiet_hours import held
from shared.services.alerting.resolved_notices import cancelled
from shared.services.alerting.world import MEMBERS
from shared.services.outbox.addressees import deliveries
from shared.services.outbox.message import key_of

AGAIN = timedelta(minutes=1)


def may_go(doc: Doc, context: Context) -> bool:
    """Whether the message *doc* may be sent now, which any other message than a resolved notice may.

    A notice that may not waits, or is cancelled.
    """
    resolves = doc.data.get("resolves")
    writes = _hindrance(doc, resolves, context) if resolves else []
    if writes:
        with suppress(Conflict, AlreadyExists):  # another worker was faster: the next sweep sees what it wrote
            context.store.commit(writes)
    return not writes


def _hindrance(doc: Doc, resolves: Mapping[str, Any], context: Context) -> list[Write]:
    """The writes of what hinders the notice *doc*; none if nothing does."""
    group, page = context.store.get(f"groups/{resolves['group']}"), context.store.get(resolves["page"])
    if group is None or group.data["calls"].get(resolves["channel"]) != resolves["call"]:
        return [cancelled(doc, "its group has notified you again", context)]
    decided = fate(page.data if page else None, datetime.fromisoformat(doc.data["made_at"]), context.now)
    if decided == "drop":
        reason = "nobody got the notification that it is about"
        return [cancelled(doc, reason, context), *_moved(doc, page, context), *_pointless(page, context)]
    if decided == "wait":
        return [_waiting(doc, context.now + AGAIN), *_pointless(page, context)]
    if _fires_again(group, resolves["call"] or "", context):
        return [_waiting(doc, context.now + AGAIN)]
    until = held(context.now, context)(context.now)
    return [_waiting(doc, until)] if until else []


def _fires_again(group: Doc, call: str, context: Context) -> bool:
    """Whether an alert that notified in the *call* of *group* fires again, and its notification is still held.

    That notification will cancel the notice. An alert that has only been held, such as a silenced neighbour, does not
    matter.
    """
    alerts = context.store.query("alerts", where=[("group", "==", group.id)], limit=MEMBERS)
    return any(_is_held_again(as_alert(alert.data), call) for alert in alerts)


def _is_held_again(alert: AlertDoc, call: str) -> bool:
    told = (episode.get("told", "") for episode in alert["episodes"][:-1])
    return alert["state"] == "firing" and not alert["told_at"] and any(time >= call for time in told if time)


def _moved(doc: Doc, page: Doc | None, context: Context) -> Iterator[Create]:
    """The notice *doc* about the message in the place of *page*, if there is one and it has no notice yet."""
    path = page.data.get("substitute") if page else None
    substitute = context.store.get(path) if path else None
    own = f"outbox/{document_id('resolved', substitute.id)}" if substitute else ""
    if substitute is None or context.store.get(own):
        return
    content = {name: value for name, value in doc.data.items() if name != "addressee"}
    now, about = iso(context.now), {"page": substitute.path}
    yield Create(own, {
        **content, "channel": substitute.data["channel"], "made_at": now, "due_at": now,
        "resolves": {**content["resolves"], **about}, "notice": {**content["notice"], "resolves": key_of(substitute)},
    })  # fmt: skip


def _pointless(page: Doc | None, context: Context) -> list[Write]:
    messages = deliveries(page, context.store) if page else ()
    return [
        cancelled(message, "resolved before it was delivered", context)
        for message in messages
        if is_pointless(message.data, context.now)
    ]


def _waiting(doc: Doc, until: datetime) -> Update:
    return Update(doc.path, {"due_at": iso(until)}, doc.version)
