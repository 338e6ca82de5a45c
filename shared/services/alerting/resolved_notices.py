"""The resolved notices of groups whose last alert that notified has resolved: written in the commit of that resolve."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.groups import ended
from shared.alerting.hold_reasons import muted, suppressed
from shared.alerting.resolved_notice import due, followed, is_pointless, leading, text, title
from shared.alerting.routes import route
from shared.context import Context
from shared.events import document_id, iso
from shared.ports import Create, Doc, Update, Write
from shared.ports.field_paths import EXPIRY
from shared.services.alerting.notification import situation_now
from shared.services.outbox.addressees import deliveries, receiver_name
from shared.services.outbox.message import QuietMessage, key_of, made_at
from shared.services.outbox.outcome import KEEP

FEW = 20
"""How many neighbours of a silenced alert are read, to see whether one of them is not silenced."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the resolve of an alert changes in its *group*: only a count, unless the alert is the last that is open.

    The count is a fence: two alerts that resolve at the same time both change it, and Firestore keeps the version of a
    document that a write leaves as it was.
    """

    group: Doc
    changes: Mapping[str, Any]
    messages: Sequence[Write] = ()

    @property
    def fence(self) -> Update:
        return Update(self.group.path, self.changes, self.group.version)


def endings(before: Mapping[str, AlertDoc], after: Mapping[str, AlertDoc], context: Context) -> list[Ending]:
    """What happens to groups if the alerts *before* become those *after*, by their ids."""
    last = {
        known["open_in"]: alert
        for id, alert in after.items()
        if alert["state"] == "resolved" and (known := before.get(id)) and known["open_in"]
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
    if group is None:
        return None
    count = {"resolves": group.data["resolves"] + 1}
    if _any_open(id, after, context):
        return Ending(group, count)
    return Ending(group, {**ended(context.now), **count}, list(_messages(group, alert, context)))


def _any_open(group: str, after: Mapping[str, AlertDoc], context: Context) -> bool:
    """Whether an alert that *group* has notified about is open, also one that waits for a digest now, or in a storm."""
    stored = (as_alert(doc.data) for doc in context.store.query("alerts", where=[("open_in", "==", group)]))
    others = (alert for alert in stored if alert["id"] not in after)
    return any(alert["open_in"] == group for alert in chain(after.values(), others))


def _messages(group: Doc, alert: AlertDoc, context: Context) -> Iterator[Write]:
    """The pages of *group* that are cancelled, because nobody has got them yet, and the notices for the others."""
    pages = _pages(group, context)
    told = [page.data for page in pages if page.data["cause"]]
    delivered = [(page.data["channel"], message) for page in pages for message in deliveries(page, context.store)]
    yield from (
        cancelled(message, "resolved before it was delivered", context)
        for _, message in delivered
        if is_pointless(message.data, context.now)
    )
    origins = {message.path: channel for channel, message in delivered}
    wanted = _wanted({*origins.values()}, alert, told, context)
    heard = [message for channel, message in delivered if channel in wanted and _is_told(message, context)]
    for page in followed(sorted(heard, key=lambda doc: made_at(doc.data)), receiver_name):
        notice = _notice(page, origins[page.path], group, alert, told, context)
        yield Create(f"outbox/{document_id('resolved', page.id)}", notice)


def _pages(group: Doc, context: Context) -> list[Doc]:
    """The pages of *group*: the last ones on each channel, and the others of its present escalation."""
    paths = chain(*group.data["told_on"].values(), group.data["messages"] if group.data["told_on"] else ())
    return [page for path in dict.fromkeys(paths) if (page := context.store.get(path))]


def _is_told(message: Doc, context: Context) -> bool:
    """Whether the channel of *message* wants to know of resolves."""
    channel = context.config.channels.get(message.data["channel"])
    return channel is not None and channel.send_resolved


def _wanted(channels: Iterable[str], alert: AlertDoc, told: Iterable[Mapping[str, Any]], context: Context) -> set[str]:
    """Those of *channels* for which a route of the group of *alert* lets them know, and would notify them now.

    A silence of one alert of the group does not keep the resolve of the others from being said.
    """
    situation, rules = situation_now(context)[0], context.config
    for audible in _alerts(alert, told, context):
        routes = route(rules.routes, audible["labels"])
        if not suppressed(audible, routes, situation):
            able = [
                node for node in routes if node.settings.send_resolved and not muted(audible, node.settings, situation)
            ]
            leads = {channel: leading(channel, routes, rules.escalations) or routes[-1:] for channel in channels}
            return {channel for channel, nodes in leads.items() if any(node in able for node in nodes)}
    return set()


def _alerts(alert: AlertDoc, told: Iterable[Mapping[str, Any]], context: Context) -> Iterator[AlertDoc]:
    """*alert*, and a few others that the pages *told* about."""
    yield alert
    ids = dict.fromkeys(id for page in told for id in page["cause"]["alerts"] if id != alert["id"])
    docs = (context.store.get(f"alerts/{id}") for id in islice(ids, FEW))
    yield from (as_alert(doc.data) for doc in docs if doc)


def _notice(
    page: Doc, origin: str, group: Doc, alert: AlertDoc, told: Sequence[Mapping[str, Any]], context: Context
) -> QuietMessage:
    """The notice that follows *page*, which says what the group has said on its channel *origin*."""
    words = text(alert, told, context.now, zone=context.config.timezone)
    addressee: QuietMessage = {"addressee": page.data["addressee"]} if "addressee" in page.data else {}  # type: ignore[typeddict-item]
    return {
        "resolves": {
            "group": group.id, "channel": origin, "call": group.data["calls"].get(origin), "page": page.path
        },
        "notice": {
            "title": title(alert, told), "text": words, "severity": "info", "link": alert["link"],
            "resolves": key_of(page),
        },
        "channel": page.data["channel"], "made_at": iso(context.now), "due_at": iso(due(alert, context.now)),
        "ack": None, "cause": None, "cost": 0.0, "state": "pending", "fence": 0, "attempts": 0, "receipt": None,
        "last_fault": None, **addressee,
    }  # fmt: skip
