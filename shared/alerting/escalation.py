"""Escalation until somebody acknowledges: level by level, then repeats at growing intervals, then an end.

Each route has a course of its own. A group whose alerts match several routes goes through all of their courses.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.values.durations import Wait
from shared.values.section import Section

LONGEST = timedelta(hours=12)
MOST_REPEATS = 20


class Level(Section):
    """Notifies on `channel` if nobody has acknowledged `after` the level before."""

    channel: str
    after: Wait = timedelta(0)


class Escalation(Section):
    """After the last level come `repeats` repeats, each `backoff` times as late as the one before. Then it ends."""

    levels: tuple[Level, ...] = ()
    repeats: Annotated[int, Field(ge=0, le=MOST_REPEATS, strict=True)] = 5
    backoff: Annotated[float, Field(ge=1, le=10)] = 2.0

    @model_validator(mode="after")
    def _levels_wait(self) -> Self:
        if any(not level.after for level in self.levels[1:]):
            raise ValueError("expected each level except the first to set `after`")
        return self

    @property
    def stages(self) -> int:
        """How many levels there are, with that of the routes: repeats come after them."""
        return 1 + sum(bool(level.after) for level in self.levels)


@dataclass(frozen=True, slots=True)
class Stage:
    """One notification of a course: how long after its start it is due, its channels and its name."""

    at: timedelta
    channels: tuple[str, ...]
    name: str
    is_repeat: bool = False


Course = tuple[Stage, ...]
START = timedelta(0)


def course(escalation: Escalation, channel: str, repeat: timedelta) -> Course:
    """The notifications of one route: first on its *channel*, then by the levels of its *escalation*, then repeats.

    A first level that does not wait notifies together with the channel of the route.
    """
    return tuple(_stages(_levels(escalation, channel), escalation, repeat))


def opening(escalation: Escalation, channel: str) -> tuple[str, ...]:
    """The channels of the first stage of a course."""
    return _levels(escalation, channel)[0][0]


def _stages(
    levels: Sequence[tuple[tuple[str, ...], timedelta]], escalation: Escalation, repeat: timedelta
) -> Iterator[Stage]:
    at = START
    for number, (channels, after) in enumerate(levels):
        at += after
        yield Stage(at, channels, f"level {number + 1} of {len(levels)}")
    for number in range(escalation.repeats):
        at += min(repeat * escalation.backoff**number, max(repeat, LONGEST))
        yield Stage(at, levels[-1][0], f"repeat {number + 1} of {escalation.repeats}", is_repeat=True)


def _levels(escalation: Escalation, channel: str) -> list[tuple[tuple[str, ...], timedelta]]:
    levels: list[tuple[tuple[str, ...], timedelta]] = [((channel,), START)]
    for level in escalation.levels:
        if level.after:
            levels.append(((level.channel,), level.after))
        else:
            levels[0] = (tuple(dict.fromkeys((channel, level.channel))), START)
    return levels


@dataclass(frozen=True, slots=True)
class Step:
    """One page: its channels, its name, and how long to wait for an acknowledgement before the next page.

    `at` is its place in the courses, as the time since their start. `wait` is None after the last page.
    """

    channels: tuple[str, ...]
    name: str
    wait: timedelta | None
    at: timedelta = START


def present(courses: Sequence[Course], at: timedelta) -> Step:
    """The step at which *courses* are at the time *at*: the latest stage of each."""
    latest = [max((stage for stage in stages if stage.at <= at), key=_at) for stages in courses]
    return _step(latest, courses, at)


def next_level(courses: Sequence[Course], after: timedelta) -> timedelta:
    """The place of the next level of *courses*, or of the last one."""
    places = [stage.at for stages in courses for stage in stages if stage.at > after and not stage.is_repeat]
    return min(places, default=last_level(courses))


def last_level(courses: Sequence[Course]) -> timedelta:
    """The place after which *courses* only repeat."""
    return max(stage.at for stages in courses for stage in stages if not stage.is_repeat)


def following(notifying: Sequence[Course], courses: Sequence[Course], after: timedelta) -> Step | None:
    """The next step of the *notifying* ones among *courses*; None if their stages are all past."""
    ahead = [stage for stages in notifying for stage in stages if stage.at > after]
    if not ahead:
        return None
    at = min(map(_at, ahead))
    return _step([stage for stage in ahead if stage.at == at], courses, at)


def _step(stages: Sequence[Stage], courses: Iterable[Course], at: timedelta) -> Step:
    channels = dict.fromkeys(channel for stage in stages for channel in stage.channels)
    later = [stage.at for whole in courses for stage in whole if stage.at > at]
    return Step(tuple(channels), stages[0].name, min(later) - at if later else None, at)


def _at(stage: Stage) -> timedelta:
    return stage.at
