"""What happens in the week: drawn at random from a seed, so that a run can be repeated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Literal

from tests.support.cron_oracle import MINUTE, Line, clock, due_minutes, utc

HALF = timedelta(seconds=30)
Answer = Literal["acknowledged", "resolved", "nobody", "silenced"]
ANSWERS: tuple[Answer, ...] = ("acknowledged", "resolved", "nobody", "silenced")
QUEUES = ("night", "often", "window")


@dataclass(frozen=True)
class Place:
    """A zone whose clocks change at `change`; at `at` on them the night's job and digest are due."""

    zone: str
    change: datetime
    at: time

    @property
    def night(self) -> Line:
        return Line(f"{self.at.minute} {self.at.hour} * * *", {self.at.minute}, {self.at.hour})


PLACES = (
    Place("America/New_York", utc(2026, 11, 1, 6), time(1, 30)),  # an hour is repeated
    Place("Europe/Berlin", utc(2026, 3, 29, 1), time(2, 30)),  # an hour is skipped
    Place("Australia/Lord_Howe", utc(2026, 4, 4, 15), time(1, 45)),  # half an hour is repeated
    Place("Africa/Cairo", utc(2026, 4, 23, 22), time(0, 0)),  # midnight is skipped
)
HALF_HOURLY = Line("*/30 * * * *", {0, 30}, follows_clocks=True)
HOURLY = Line("0 * * * *", {0}, follows_clocks=True)


@dataclass(frozen=True)
class Problem:
    """An alert that fires at `at`; `queue` is the digest of a warning, and None for a critical one.

    `answered` is when it is acknowledged or resolved. A silence that is made when it fires ends when the clocks show
    `until`.
    """

    name: str
    at: datetime
    queue: str | None
    answer: Answer
    answered: datetime
    until: time


@dataclass(frozen=True)
class Script:
    """Problems and `pings`, which are given for each job, are half a minute after a tick."""

    place: Place
    start: datetime
    end: datetime
    problems: list[Problem]
    pings: dict[str, list[datetime]]


def draw(place: Place, reach: timedelta, seed: int, *, every: timedelta) -> Script:
    """A script from *reach* before the change of the clocks to *reach* after it, with a critical problem *every*."""
    start, end, random = place.change - reach, place.change + reach, Random(seed)
    criticals = [_critical(number, at, place, random) for number, at in _times(start, end, every, random)]
    warnings = [_warning(number, at, place, random) for number, at in _times(start, end, every / 2, random)]
    lines = {"nightly": place.night, "half-hourly": HALF_HOURLY, "hourly": HOURLY}
    pings = {job: _pings(line, place.zone, start, end, random) for job, line in lines.items()}
    return Script(place, start, end, [*criticals, *warnings], pings)


def _times(start: datetime, end: datetime, every: timedelta, random: Random) -> Iterator[tuple[int, datetime]]:
    at, number = start + 2 * MINUTE + HALF, 0
    while (at := at + random.randint(1, int(2 * every / MINUTE)) * MINUTE) < end:
        yield (number := number + 1), at


def _critical(number: int, at: datetime, place: Place, random: Random) -> Problem:
    answered = at + random.randint(3, 70) * MINUTE
    return Problem(f"Critical-{number}.", at, None, random.choice(ANSWERS), answered, _until(at, place, random))


def _warning(number: int, at: datetime, place: Place, random: Random) -> Problem:
    answer: Answer = random.choice(("nobody", "nobody", "silenced"))
    return Problem(f"Warning-{number}.", at, random.choice(QUEUES), answer, at, _until(at, place, random))


def _until(at: datetime, place: Place, random: Random) -> time:
    """The time of the night, or one within the next hours."""
    soon = clock(at + random.randint(1, 150) * MINUTE, place.zone).replace(second=0)
    return random.choice((place.at, soon.time()))


def _pings(line: Line, zone: str, start: datetime, end: datetime, random: Random) -> list[datetime]:
    """Half a minute after the start, and after each time that *line* is due; every sixth run fails."""
    runs = due_minutes(line, zone, start + MINUTE, end)
    return [start + HALF, *(run + HALF for run in runs if random.random() > 1 / 6)]
