"""The resolved notices of groups whose last alert that notified has resolved: written in the commit of that resolve."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.groups import ended, is_told
from shared.alerting.hold_reasons import muted, suppressed
from shared.alerting.resolved_notice import due, followed, is_pointless, text, title, wants
from shared.alerting.routes import Node, route
from shared.alerting.situation import Situation
from shared.context import Context
from shared.events import document_id, iso
from shared.ports import Create, Doc, Update, Write
from shared.ports.field_paths import EXPIRY
from shared.services.alerting.notification import situation_now
from shared.services.outbox.addressees import copies, receiver_name
from shared.services.outbox.message import QuietMessage
from shared.services.outbox.outcome import KEEP


@dataclass(frozen=True, slots=True)
class Ending:
    """What the resolve of an alert writes to its *group*: only its fence, unless the alert is the last that is open.

    The fence lets two alerts that resolve at the same time know of each other: both write the group's document.
    """

    group: Doc
    changes: Mapping[str, Any] = field(default_factory=dict)
    messages: Sequence[Write] = ()

    @property
    def fence(self) -> Update:
        unchanged = {"told_on": self.group.data["told_on"]}
        return Update(self.group.path, self.changes or unchanged, self.group.version)


def endings(before: Mapping[str, AlertDoc], after: Mapping[str, AlertDoc], context: Context) -> list[Ending]:
    """What happens to groups if the alerts *before* become those *after*, by their ids."""
    last = {
        known["group"]: alert
        for id, alert in after.items()
        if alert["state"] == "resolved" and (known := before.get(id)) and is_told(known, known["group"] or "")
    }
    return [ending for id, alert in last.items() if (ending := _ending(str(id), alert, after, context))]


def with_endings(writes: Sequence[Write], ended: Sequence[Ending]) -> list[Write]:
    """*writes* and those of the endings *ended*: each document is written once."""
    changes = {ending.group.path: ending.changes for ending in ended}
    written = [
        write._replace(data={**write.data, **changes.pop(write.path, {})})
        if isinstance(write, Create | Update)
        else write
        for write in writes
    ]
    fences = [ending.fence for ending in ended if ending.group.path in changes]
    return [*written, *fences, *(message for ending in ended for message in ending.messages)]


def cancelled(page: Doc, why: str, context: Context) -> Update:
    """The write that takes back the message *page*, which nobody has got."""
    now, was = iso(context.now), page.data["state"]
    change = {"state": "dropped", "due_at": None, "dismissed": {"why": why, "at": now, "was": was}}
    return Update(page.path, {**change, EXPIRY: iso(context.now + KEEP)}, page.version)


def _ending(id: str, alert: AlertDoc, after: Mapping[str, AlertDoc], context: Context) -> Ending | None:
    """The group is read before its alerts, so that its version changes if one of them resolves meanwhile."""
    group = context.store.get(f"groups/{id}")
    if group is None or _any_told(id, after, context):
        return Ending(group) if group else None
    return Ending(group, ended(context.now), list(_messages(group, alert, context)))


def _any_told(group: str, after: Mapping[str, AlertDoc], context: Context) -> bool:
    stored = (as_alert(doc.data) for doc in context.store.query("alerts", where=[("group", "==", group)]))
    return any(is_told(after.get(alert["id"], alert), group) for alert in stored) or any(
        is_told(alert, group) for alert in after.values()
    )


def _messages(group: Doc, alert: AlertDoc, context: Context) -> Iterator[Write]:
    """The pages of *group* that are cancelled, because nobody has got them yet, and the notices for the others."""
    pages = {channel: _pages(paths, context) for channel, paths in group.data["told_on"].items()}
    told = [page.data for on_channel in pages.values() for page in on_channel if page.data["cause"]]
    routes = route(context.config.routes, alert["labels"])
    is_muted = _is_muted(alert, routes, situation_now(context)[0])
    for channel, on_channel in pages.items():
        for page in on_channel:
            if is_pointless(page.data, context.now):
                yield cancelled(page, "resolved before it was delivered", context)
        declared = context.config.channels.get(channel)
        if declared and declared.send_resolved and wants(channel, routes) and not is_muted:
            for page in followed(on_channel, receiver_name):
                yield Create(f"outbox/{document_id('resolved', page.id)}", _notice(page, group, alert, told, context))


def _is_muted(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> bool:
    """Whether *alert* would not notify now on any of its *routes*."""
    is_suppressed = suppressed(alert, routes, situation) is not None
    return is_suppressed or all(muted(alert, node.settings, situation) for node in routes)


def _pages(paths: Sequence[str], context: Context) -> list[Doc]:
    docs = [doc for path in paths if (doc := context.store.get(path))]
    return [message for doc in docs for message in (doc, *copies(doc, context.store))]


def _notice(
    page: Doc, group: Doc, alert: AlertDoc, told: Sequence[Mapping[str, Any]], context: Context
) -> QuietMessage:
    words = text(alert, told, context.now, zone=context.config.timezone)
    addressee: QuietMessage = {"addressee": page.data["addressee"]} if "addressee" in page.data else {}  # type: ignore[typeddict-item]
    return {
        "resolves": {"group": group.id, "call": group.data["called_at"], "page": page.path},
        "notice": {
            "title": title(alert, told), "text": words, "severity": "info", "link": alert["link"], "resolves": page.id
        },
        "channel": page.data["channel"], "made_at": iso(context.now), "due_at": iso(due(alert, context.now)),
        "ack": None, "cause": None, "cost": 0.0, "state": "pending", "fence": 0, "attempts": 0, "receipt": None,
        "last_fault": None, **addressee,
    }  # fmt: skip
