"""The pages of a group: the first, later ones for alerts that joined, and more until somebody acknowledges.

The document of a group holds only that: how many `pages` there were, the `level` of the present escalation, when the
last page was (`paged_at`) and when the next is due (`due_at`). Which alerts are open is known from the alerts alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict, cast

from shared.alerting.alert import KEEP, AlertDoc
from shared.alerting.escalation import Escalation, Step, step
from shared.alerting.routes import Node, group_id, group_labels, storm_id
from shared.alerting.state_machine import OPEN
from shared.events import document_id, iso
from shared.ports.field_paths import EXPIRY

REMEMBERED = 30
"""How many messages of an escalation its group names."""
LAST = 5
"""How many messages on each channel a group remembers, until all alerts in it that notified have resolved."""


class GroupDoc(TypedDict):
    """The document `groups/{id}`. Times are ISO 8601 in UTC."""

    id: str
    flood: bool
    labels: dict[str, str]
    route: str
    pages: int
    level: int
    paged_at: str | None
    due_at: str | None
    called_at: str | None
    flush_at: str | None
    gave_up_at: str | None
    messages: list[str]
    last_told: list[str]
    told_on: dict[str, list[str]]
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a group, on each channel of its step; `group` is the group's new document."""

    group: GroupDoc
    step: Step
    kind: Literal["first", "joined", "again"]

    @property
    def keys(self) -> dict[str, str]:
        """The idempotency key on each channel: the same page of the same group can be created once."""
        id, number = self.group["id"], str(self.group["pages"])
        return {channel: document_id("page", id, number, channel) for channel in self.step.channels}


def as_group(data: Mapping[str, Any]) -> GroupDoc:
    """*data* of a document in `groups/`, which is a group because this module made it."""
    return cast("GroupDoc", data)


def group_of(alert: AlertDoc, routes: tuple[Node, ...]) -> str:
    """The id of the group of *alert*: an open alert stays in the group that it joined."""
    return alert["group"] or group_id(routes, alert["labels"])


def channels_of(routes: Sequence[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.settings.channel for node in routes))


def page_now(
    known: GroupDoc | None,
    id: str,
    routes: tuple[Node, ...],
    labels: Mapping[str, str],
    escalation: Escalation,
    now: datetime,
) -> Page:
    """The page for alerts that notify now: it begins an escalation, or joins the present one at its level."""
    group = known or _new_group(id, routes, labels)
    if group["due_at"] is not None:
        return _page(group, _step(routes, escalation, max(group["level"] - 1, 0)), "joined", now)
    first = _step(routes, escalation, 0)
    due_at = iso(now + first.wait) if first.wait else None
    begun: GroupDoc = {
        **group, "level": 1, "called_at": iso(now), "gave_up_at": None, "due_at": due_at, "messages": [],
    }  # fmt: skip
    return _page(begun, first, "first", now)


def page_again(known: GroupDoc, routes: tuple[Node, ...], escalation: Escalation, now: datetime) -> Page:
    """The next page of a group that nobody has acknowledged. Without a wait it is the last: the escalation ends."""
    next_step = _step(routes, escalation, known["level"])
    group: GroupDoc = {**known, "level": known["level"] + 1, "due_at": None}
    if next_step.wait:
        group["due_at"] = iso(now + next_step.wait)
    else:
        group["gave_up_at"] = iso(now)
    return _page(group, next_step, "again", now)


def is_told(alert: AlertDoc, group: str) -> bool:
    """Whether *alert* is open and *group* has notified about it."""
    return alert["group"] == group and bool(alert["told_at"]) and alert["state"] in OPEN


def is_unanswered(alert: AlertDoc) -> bool:
    """Whether an alert of a group has notified somebody who has done nothing about it yet."""
    return alert["state"] == "firing" and bool(alert["told_at"]) and not alert["calls_at"]


def idle(known: GroupDoc, now: datetime) -> GroupDoc:
    """A group in which nothing waits for an answer any more."""
    return {**known, "due_at": None, "level": 0, EXPIRY: iso(now + KEEP)}


def ended(now: datetime) -> dict[str, Any]:
    """What changes in a group when the last alert that notified in it has resolved."""
    return {"due_at": None, "level": 0, "told_on": {}, EXPIRY: iso(now + KEEP)}


def postponed(known: GroupDoc, until: datetime) -> GroupDoc:
    """A group whose unanswered alerts are all muted until *until*."""
    return {**known, "due_at": iso(until)}


def waiting(
    known: GroupDoc | None, id: str, routes: tuple[Node, ...], labels: Mapping[str, str], until: datetime
) -> GroupDoc:
    """A group that waits for more of its alerts before its first page."""
    return {**(known or _new_group(id, routes, labels)), "flush_at": iso(until)}


def _step(routes: tuple[Node, ...], escalation: Escalation, number: int) -> Step:
    return step(escalation, channels_of(routes), routes[-1].settings.repeat_interval, number)


def _page(group: GroupDoc, step: Step, kind: Literal["first", "joined", "again"], now: datetime) -> Page:
    paged: GroupDoc = {**group, "pages": group["pages"] + 1, "paged_at": iso(now), "flush_at": None, EXPIRY: None}
    page = Page(paged, step, kind)
    paged["messages"] = [*group["messages"], *(f"outbox/{key}" for key in page.keys.values())][-REMEMBERED:]
    told_on = {
        channel: [*group["told_on"].get(channel, []), f"outbox/{key}"][-LAST:] for channel, key in page.keys.items()
    }
    paged["told_on"] = {**group["told_on"], **told_on}
    return page


def _new_group(id: str, routes: tuple[Node, ...], labels: Mapping[str, str]) -> GroupDoc:
    is_storm = id == storm_id(routes)
    return {
        "id": id, "flood": is_storm, "labels": {} if is_storm else group_labels(routes, labels),
        "route": str(routes[-1]), "pages": 0, "level": 0, "paged_at": None, "due_at": None, "called_at": None,
        "flush_at": None, "gave_up_at": None, "messages": [], "last_told": [], "told_on": {},
        EXPIRY: None,
    }  # fmt: skip
