"""Where a group is in the course of each of its routes: no route puts off, or brings forward, what another one does."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypedDict

from shared.alerting.escalation import START, Course, Escalation, Stage, course, following, last_level, present
from shared.alerting.routes import Node, Settings
from shared.events import iso


class Place(TypedDict):
    """`reached` is the place in seconds after the start. `due_at` is when the next page is due; None after the last."""

    reached: float
    due_at: str | None


Courses = Mapping[str, Course]
"""The courses of several routes by their keys."""


def courses_of(routes: Iterable[Node], escalations: Mapping[str, Escalation]) -> dict[str, Course]:
    """How each of *routes* notifies until somebody acknowledges."""
    return {node.key: _course(node.settings, escalations) for node in routes}


def _course(settings: Settings, escalations: Mapping[str, Escalation]) -> Course:
    escalation = escalations.get(settings.escalation or "", Escalation())
    return course(escalation, settings.channel, settings.repeat_interval)


def place(stages: Course, stage: Stage, now: datetime) -> Place:
    """The place of a course whose *stage* notifies *now*."""
    later = following(stages, stage.at)
    return {"reached": stage.at.total_seconds(), "due_at": iso(now + later.at - stage.at) if later else None}


def begun(stages: Course, now: datetime) -> Place:
    """The place of a course that begins *now*."""
    return place(stages, present(stages, START), now)


def reached(known: Place) -> timedelta:
    return timedelta(seconds=known["reached"])


def joined(stages: Course, known: Place) -> Stage:
    """The stage by which an alert that joins a course notifies. It does not share the long waits between repeats."""
    return present(stages, min(reached(known), last_level(stages)))


def first_due(times: Iterable[str | None]) -> str | None:
    return min(filter(None, times), default=None)
