"""The pages of a group: the first, later ones for alerts that joined, and more until somebody acknowledges.

The document of a group holds only that: how many `pages` there were, the `level` of the present escalation, when the
last page was (`paged_at`) and when the next is due (`due_at`). `reached` is the place in the courses of its routes, in
seconds after their start; groups of earlier releases have none. Which alerts are open is known from the alerts alone.
`calls` says of each channel when the last escalation that notified on it began, and `resolves` counts the commits that
resolved alerts of the group: it differs after each, so that two at the same time conflict.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, cast

from shared.alerting.alert import KEEP, AlertDoc
from shared.alerting.escalation import (
    START,
    Course,
    Escalation,
    Step,
    course,
    following,
    last_level,
    next_level,
    opening,
    present,
)
from shared.alerting.routes import Node, Settings, able_to_notify, group_id, group_labels, storm_id
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
    calls: dict[str, str | None]
    resolves: int
    reached: float | None
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


def courses_of(routes: Iterable[Node], escalations: Mapping[str, Escalation]) -> list[Course]:
    """How each of *routes* notifies until somebody acknowledges."""
    return [_course(node.settings, escalations) for node in routes]


def _course(settings: Settings, escalations: Mapping[str, Escalation]) -> Course:
    escalation = escalations.get(settings.escalation or "", Escalation())
    return course(escalation, settings.channel, settings.repeat_interval)


def first_channels(routes: Iterable[Node], escalations: Mapping[str, Escalation]) -> set[str]:
    """The channels of the first page that alerts on *routes* make; no later page has more."""
    settings = (node.settings for node in routes)
    openings = (opening(escalations.get(of.escalation or "", Escalation()), of.channel) for of in settings)
    return {channel for channels in openings for channel in channels}


def page_now(
    known: GroupDoc | None,
    id: str,
    routes: tuple[Node, ...],
    labels: Mapping[str, str],
    courses: Sequence[Course],
    now: datetime,
    *,
    reached: float | None = None,
) -> Page:
    """The page for alerts that notify now by *courses*: it begins an escalation, or joins the present one at its place.

    An escalation that a mute has interrupted goes on after the place *reached*, in seconds after its start. Alerts that
    join begin the repeats again: they do not share the long waits that others have reached.
    """
    group = known or _new_group(id, routes, labels)
    if group["due_at"] is not None and group["level"]:
        at = min(_reached(group, courses), last_level(courses))
        joined = present(courses, at)
        changed: GroupDoc = {**group, "reached": at.total_seconds(), "due_at": _due(group, joined, now)}
        return _page(changed, joined, "joined", now)
    at = START if reached is None else next_level(courses, timedelta(seconds=reached))
    first = present(courses, at)
    begun: GroupDoc = {
        **group, "level": 1, "called_at": iso(now), "gave_up_at": None, "messages": [],
        "reached": at.total_seconds(), "due_at": _due(group, first, now),
    }  # fmt: skip
    return _page(begun, first, "first", now)


def _due(group: GroupDoc, step: Step, now: datetime) -> str | None:
    """When the next page of *group* is due after the one of *step*: no later than it already was."""
    due = [group["due_at"], iso(now + step.wait) if step.wait else None]
    return min(filter(None, due), default=None)


def page_again(known: GroupDoc, notifying: Sequence[Course], courses: Sequence[Course], now: datetime) -> Page | None:
    """The next page of a group that nobody has acknowledged, by the *notifying* ones of its *courses*.

    Without a wait it is the last: the escalation ends. None if only courses that do not notify now have pages left.
    """
    reached = _reached(known, courses)
    step = following(notifying, courses, reached)
    if step is None:
        if following(courses, courses, reached):
            return None
        step = present(notifying, reached)
    group: GroupDoc = {
        **known, "level": known["level"] + 1, "reached": step.at.total_seconds(),
        "due_at": iso(now + step.wait) if step.wait else None, "gave_up_at": None if step.wait else iso(now),
    }  # fmt: skip
    return _page(group, step, "again", now)


def _reached(group: GroupDoc, courses: Sequence[Course]) -> timedelta:
    """The place of *group* in its courses; a group of an earlier release knows its level only."""
    if group["reached"] is not None:
        return timedelta(seconds=group["reached"])
    places = sorted({stage.at for stages in courses for stage in stages})
    return places[: max(group["level"], 1)][-1]


def is_unanswered(alert: AlertDoc) -> bool:
    """Whether an alert of a group has notified somebody who has done nothing about it yet.

    It may have routes that still hold it; then `calls_at` is theirs.
    """
    waits = bool(alert["calls_at"]) and not alert["told_on"]
    return alert["state"] == "firing" and bool(alert["told_at"]) and not waits


def idle(known: GroupDoc, now: datetime) -> GroupDoc:
    """A group in which nothing waits for an answer any more."""
    return {**known, "due_at": None, "level": 0, EXPIRY: iso(now + KEEP)}


def muted(known: GroupDoc) -> GroupDoc:
    """A group whose unanswered alerts are all muted: others begin anew, and the next notification stays due."""
    return {**known, "level": 0}


def ended(now: datetime) -> dict[str, Any]:
    """What changes in a group when the last alert that notified in it has resolved."""
    return {"due_at": None, "level": 0, "told_on": {}, EXPIRY: iso(now + KEEP)}


def postponed(known: GroupDoc, until: datetime) -> GroupDoc:
    """A group of which only routes that are muted until *until* have notifications left."""
    return {**known, "due_at": iso(until)}


def waiting(
    known: GroupDoc | None, id: str, routes: tuple[Node, ...], labels: Mapping[str, str], until: datetime
) -> GroupDoc:
    """A group that waits for more of its alerts before its first page."""
    return {**(known or _new_group(id, routes, labels)), "flush_at": iso(until)}


def _page(group: GroupDoc, step: Step, kind: Literal["first", "joined", "again"], now: datetime) -> Page:
    paged: GroupDoc = {**group, "pages": group["pages"] + 1, "paged_at": iso(now), "flush_at": None, EXPIRY: None}
    page = Page(paged, step, kind)
    paged["messages"] = [*group["messages"], *(f"outbox/{key}" for key in page.keys.values())][-REMEMBERED:]
    told_on = {
        channel: [*group["told_on"].get(channel, []), f"outbox/{key}"][-LAST:] for channel, key in page.keys.items()
    }
    paged["told_on"] = {**group["told_on"], **told_on}
    paged["calls"] = {**group["calls"], **dict.fromkeys(page.step.channels, group["called_at"])}
    return page


def _new_group(id: str, routes: tuple[Node, ...], labels: Mapping[str, str]) -> GroupDoc:
    is_storm = id == storm_id(routes)
    return {
        "id": id, "flood": is_storm, "labels": {} if is_storm else group_labels(routes, labels),
        "route": str(able_to_notify(routes)[-1]), "pages": 0, "level": 0, "paged_at": None, "due_at": None,
        "called_at": None, "flush_at": None, "gave_up_at": None, "messages": [], "last_told": [], "told_on": {},
        "calls": {}, "resolves": 0, "reached": None, EXPIRY: None,
    }  # fmt: skip
