"""The pages of a group: the first, later ones for alerts that joined, and more until somebody acknowledges.

The document of a group holds only that: how many `pages` there were, the `level` of the present escalation, when the
last page was (`paged_at`) and when the next is due (`due_at`). `courses` is its place in the course of each route that
has notified, by the key of the route; groups of earlier releases have none. Which alerts are open is known from the
alerts alone. `calls` says of each channel when the last escalation that notified on it began, and `resolves` counts the
commits that resolved alerts of the group: it differs after each, so that two at the same time conflict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, cast

from shared.alerting.alert import KEEP, AlertDoc
from shared.alerting.escalation import START, Stage, Step, following, next_level, present, step
from shared.alerting.places import Courses, Place, begun, first_due, joined, place, reached
from shared.alerting.routes import Node, able_to_notify, group_id, group_labels, storm_id
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
    courses: dict[str, Place]
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


def channels_now(known: GroupDoc | None, courses: Courses, interrupted: Mapping[str, float]) -> set[str]:
    """The channels of the page that `page_now` would make."""
    stages = _stages_now(known, courses, interrupted)
    return {channel for stage in stages.values() for channel in stage.channels}


def page_now(
    known: GroupDoc | None,
    id: str,
    routes: tuple[Node, ...],
    labels: Mapping[str, str],
    courses: Courses,
    now: datetime,
    *,
    interrupted: Mapping[str, float] | None = None,
) -> Page:
    """The page for alerts that notify now by *courses*: each course begins, or is joined at its place.

    A course that a mute has *interrupted* goes on after the place, in seconds after its start, that it had reached.
    """
    group, stages = known or _new_group(id, routes, labels), _stages_now(known, courses, interrupted or {})
    places = {key: _sooner(group, key, place(courses[key], stage, now)) for key, stage in stages.items()}
    due_at = first_due([group["due_at"], *(to["due_at"] for to in places.values())])
    if _is_active(group):
        changed: GroupDoc = {**group, "courses": {**group["courses"], **places}, "due_at": due_at}
        return _page(changed, step(stages.values(), is_last=not due_at), "joined", now)
    new: GroupDoc = {
        **group, "level": 1, "called_at": iso(now), "gave_up_at": None, "messages": [], "courses": places,
        "due_at": due_at,
    }  # fmt: skip
    return _page(new, step(stages.values(), is_last=not due_at), "first", now)


def _is_active(group: GroupDoc | None) -> bool:
    return bool(group and group["due_at"] and group["level"])


def _stages_now(known: GroupDoc | None, courses: Courses, interrupted: Mapping[str, float]) -> dict[str, Stage]:
    """The stage by which each of *courses* notifies now. A route that the group does not know yet begins its own."""
    active = known if known and _is_active(known) else None
    stages = dict[str, Stage]()
    for key, stages_of in courses.items():
        if active and (key in active["courses"] or not active["courses"]):
            stages[key] = joined(stages_of, place_of(active, key, courses))
        else:
            after = interrupted.get(key)
            at = START if after is None else next_level(stages_of, timedelta(seconds=after))
            stages[key] = present(stages_of, at)
    return stages


def _sooner(group: GroupDoc, key: str, new: Place) -> Place:
    """The *new* place of a course, whose next page stays due no later than it already was."""
    known = group["courses"].get(key) if group["due_at"] else None
    return {**new, "due_at": first_due([new["due_at"], known["due_at"]])} if known else new


def with_routes(known: GroupDoc, courses: Courses, now: datetime) -> GroupDoc:
    """An active group after routes whose channels have notified already begin their *courses* without a page."""
    places = {key: begun(stages, now) for key, stages in courses.items()} | known["courses"]
    return {**known, "courses": places, "due_at": first_due(to["due_at"] for to in places.values())}


def page_again(
    known: GroupDoc, courses: Courses, mutes: Mapping[str, datetime], now: datetime
) -> tuple[GroupDoc, Page | None]:
    """What becomes of a group that nobody has acknowledged: its new document, and its next page.

    *courses* are those of its routes, *mutes* until when the muted ones of them are. What is due on a muted route
    waits for the end of the mute. After the last page of each course the escalation ends.
    """
    places = {key: place_of(known, key, courses) for key in courses}
    due = [key for key, to in places.items() if to["due_at"] and to["due_at"] <= iso(now)]
    stages = {key: _next_stage(places[key], key, courses) for key in due if key not in mutes}
    for key in due:
        put_off: Place = {**places[key], "due_at": iso(mutes.get(key, now))}
        places[key] = place(courses[key], stages[key], now) if key in stages else put_off
    group: GroupDoc = {**known, "courses": places, "due_at": first_due(to["due_at"] for to in places.values())}
    if not stages:
        return group, None
    is_last = not group["due_at"]
    group = {**group, "level": known["level"] + 1, "gave_up_at": iso(now) if is_last else None}
    page = _page(group, step(stages.values(), is_last=is_last), "again", now)
    return page.group, page


def _next_stage(known: Place, key: str, courses: Courses) -> Stage:
    return following(courses[key], reached(known)) or present(courses[key], reached(known))


def place_of(group: GroupDoc, key: str, courses: Courses) -> Place:
    """The place of *group* in one of *courses*; a group of an earlier release knows its level only."""
    if group["courses"]:
        return group["courses"].get(key, {"reached": 0.0, "due_at": group["due_at"]})
    places = sorted({stage.at for stages in courses.values() for stage in stages})
    return {"reached": places[: max(group["level"], 1)][-1].total_seconds(), "due_at": group["due_at"]}


def is_unanswered(alert: AlertDoc) -> bool:
    """Whether an alert of a group has notified somebody who has done nothing about it yet.

    It may have routes that still hold it; then `calls_at` is theirs.
    """
    waits = bool(alert["calls_at"]) and not alert["told_on"]
    return alert["state"] == "firing" and bool(alert["told_at"]) and not waits


def idle(known: GroupDoc, now: datetime) -> GroupDoc:
    """A group in which nothing waits for an answer any more."""
    return {**known, "due_at": None, "level": 0, "courses": {}, EXPIRY: iso(now + KEEP)}


def muted(known: GroupDoc) -> GroupDoc:
    """A group whose unanswered alerts are all muted: others begin anew, and the next notification stays due."""
    return {**known, "level": 0}


def ended(now: datetime) -> dict[str, Any]:
    """What changes in a group when the last alert that notified in it has resolved."""
    return {"due_at": None, "level": 0, "told_on": {}, EXPIRY: iso(now + KEEP)}


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
        "calls": {}, "resolves": 0, "courses": {}, EXPIRY: None,
    }  # fmt: skip
