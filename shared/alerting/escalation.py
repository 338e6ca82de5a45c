"""Escalation until somebody acknowledges: level by level, then repeats at growing intervals, then an end."""

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
class Step:
    """One page: its channels, its name, and how long to wait for an acknowledgement before the next page.

    `wait` is None after the last page.
    """

    channels: tuple[str, ...]
    name: str
    wait: timedelta | None


def step(escalation: Escalation, channels: tuple[str, ...], repeat: timedelta, number: int) -> Step:
    """Page *number*, from 0, of one escalation: first on *channels*, those of the routes, then by its levels.

    A first level that does not wait notifies together with the channels of the routes.
    """
    levels = _levels(escalation, channels)
    top, last = len(levels) - 1, len(levels) - 1 + escalation.repeats
    to = levels[min(number, top)][0]
    if number < top:
        return Step(to, f"level {number + 1} of {len(levels)}", levels[number + 1][1])
    name = f"level {top + 1} of {len(levels)}" if number == top else f"repeat {number - top} of {escalation.repeats}"
    if number >= last:
        return Step(to, name, None)
    return Step(to, name, min(repeat * escalation.backoff ** (number - top), max(repeat, LONGEST)))


def _levels(escalation: Escalation, channels: tuple[str, ...]) -> list[tuple[tuple[str, ...], timedelta]]:
    levels: list[tuple[tuple[str, ...], timedelta]] = [(channels, timedelta(0))]
    for level in escalation.levels:
        if level.after:
            levels.append(((level.channel,), level.after))
        else:
            levels[0] = (tuple(dict.fromkeys((*channels, level.channel))), timedelta(0))
    return levels
