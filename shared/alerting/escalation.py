"""Escalation until somebody acknowledges: level by level, then repeats at growing intervals, then an end.

Each route has a course of its own. A group whose alerts match several routes is at a place in each of their courses.
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
    """One page: its channels, its name, and whether no other one comes after it."""

    channels: tuple[str, ...]
    name: str
    is_last: bool = False


def step(stages: Iterable[Stage], *, is_last: bool) -> Step:
    """The page of *stages* that are due together."""
    stages = list(stages)
    channels = dict.fromkeys(channel for stage in stages for channel in stage.channels)
    return Step(tuple(channels), stages[0].name, is_last)


def present(stages: Course, at: timedelta) -> Stage:
    """The stage at which a course is at the time *at*."""
    return max((stage for stage in stages if stage.at <= at), key=_at)


def following(stages: Course, after: timedelta) -> Stage | None:
    """The next stage of a course; None after its last."""
    return min((stage for stage in stages if stage.at > after), key=_at, default=None)


def next_level(stages: Course, after: timedelta) -> timedelta:
    """The place of the next level of a course, or of its last one."""
    places = [stage.at for stage in stages if stage.at > after and not stage.is_repeat]
    return min(places, default=last_level(stages))


def last_level(stages: Course) -> timedelta:
    """The place after which a course only repeats."""
    return max(stage.at for stage in stages if not stage.is_repeat)


def _at(stage: Stage) -> timedelta:
    return stage.at
