"""A cron line comes at each of its times exactly once, whatever the clocks of its zone do.

`python -m tests.property.test_cron` walks the whole year in every zone, which takes minutes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate, repeat, takewhile
from zoneinfo import available_timezones

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.values.cron import last_moment, next_moment
from tests.support.cron_oracle import ALL_HOURS, Line, clock, due_minutes, utc

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
YEAR = 2026
FIVES = frozenset(range(0, 60, 5))
EVERY_FIVE = Line("*/5 * * * *", FIVES, follows_clocks=True)
EACH_FIVE = Line(f"{','.join(map(str, sorted(FIVES)))} {','.join(map(str, sorted(ALL_HOURS)))} * * *", FIVES)
"""The same times as fixed ones: each comes once."""
sets = st.sets(st.integers(0, 59), min_size=1, max_size=4)
hours = st.sets(st.integers(0, 4) | st.integers(0, 23), min_size=1, max_size=3)


def listed(numbers: set[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


lines = st.one_of(
    st.builds(lambda m, h: Line(f"{listed(m)} {listed(h)} * * *", m, h), sets, hours),
    st.builds(lambda m, h: Line(f"0 {listed(m)} {listed(h)} * * *", m, h), sets, hours),
    st.builds(lambda m, h, d: Line(f"{listed(m)} {listed(h)} * * {d}", m, h, {d}), sets, hours, st.integers(0, 6)),
    st.builds(lambda m: Line(f"{listed(m)} * * * *", m, follows_clocks=True), sets),
    st.builds(lambda h: Line(f"*/5 {listed(h)} * * *", FIVES, h, follows_clocks=True), hours),
    st.sampled_from([EVERY_FIVE, EACH_FIVE]),
)
zones = st.sampled_from(sorted(available_timezones()))


@cache
def changes(zone: str, year: int) -> list[datetime]:
    """The hours of *year*, in UTC, within which the clocks of *zone* change."""
    days = [utc(year, 1, 1) + n * DAY for n in range(366)]
    return [
        start
        for day in days
        if offset(day, zone) != offset(day + DAY, zone)
        for start in (day + n * HOUR for n in range(24))
        if offset(start, zone) != offset(start + HOUR, zone)
    ]


def offset(moment: datetime, zone: str) -> timedelta:
    return clock(moment, zone) - moment.replace(tzinfo=None)


@given(zones, st.integers(1995, 2035), lines, st.integers(0, 3))
@example("America/New_York", 2026, Line("30 1 * * *", {30}, {1}), 1)
@example("Australia/Lord_Howe", 2026, Line("*/5 2 * * *", FIVES, {2}, follows_clocks=True), 0)
@example("Australia/Lord_Howe", 2026, Line("45 1 * * *", {45}, {1}), 0)
@example("Pacific/Apia", 2011, Line("0 12 * * *", {0}, {12}), 3)
@example("Africa/Cairo", 2026, Line("0 0 * * *", {0}, {0}), 0)
@example("Africa/Cairo", 2026, Line("0 0 * * *", {0}, {0}), 1)
@example("America/Havana", 2026, EACH_FIVE, 1)
@example("America/Sao_Paulo", 2018, Line("0 0 * * *", {0}, {0}), 0)
@example("Antarctica/Troll", 2026, EACH_FIVE, 1)
@settings(max_examples=10)
def test_each_time_of_a_line_comes_once_and_after_the_one_before(zone: str, year: int, line: Line, which: int) -> None:
    around = [*changes(zone, year), utc(year, 5, 1)]
    assert_comes_as_the_oracle_says(line, zone, around[which % len(around)], reach=8 * HOUR)


def assert_comes_as_the_oracle_says(line: Line, zone: str, around: datetime, reach: timedelta = 3 * HOUR) -> None:
    start, end = around - reach, around + reach
    due = list(due_minutes(line, zone, start, end))
    assert list(takewhile(lambda moment: moment < end, following(line, zone, start))) == due
    assert list(takewhile(lambda moment: moment >= start, preceding(line, zone, end))) == due[::-1]


def following(line: Line, zone: str, start: datetime) -> Iterator[datetime]:
    moments = accumulate(repeat(None), lambda now, _: next_moment(line.text, now, zone=zone), initial=start - SECOND)
    return without_first(moments)


def preceding(line: Line, zone: str, end: datetime) -> Iterator[datetime]:
    moments = accumulate(repeat(None), lambda now, _: last_moment(line.text, now - SECOND, zone=zone), initial=end)
    return without_first(moments)


def without_first(moments: Iterator[datetime]) -> Iterator[datetime]:
    next(moments)
    return moments


@given(zones, st.integers(1995, 2035), lines, st.integers(0, 3), st.timedeltas(-5 * HOUR, 5 * HOUR))
@settings(max_examples=60)
def test_the_next_time_is_later_than_now(zone: str, year: int, line: Line, which: int, away: timedelta) -> None:
    around = [*changes(zone, year), utc(year, 5, 1)]
    now = around[which % len(around)] + away
    assert last_moment(line.text, now, zone=zone) <= now < next_moment(line.text, now, zone=zone)


def distinct_zones() -> dict[tuple[datetime, ...], str]:
    """A zone for each set of changes in the year: the others are the same clocks under another name, or offset."""
    return {(*changes(zone, YEAR), clock(utc(YEAR, 1, 1), zone)): zone for zone in sorted(available_timezones())}


@pytest.mark.slow
@pytest.mark.parametrize("line", [EVERY_FIVE, EACH_FIVE], ids=["follows the clocks", "fixed"])
def test_around_every_change_of_a_year_in_every_zone_five_minutes_follow_each_other(line: Line) -> None:
    for zone in distinct_zones().values():
        for change in changes(zone, YEAR):
            assert_comes_as_the_oracle_says(line, zone, change)


if __name__ == "__main__":
    for name in distinct_zones().values():
        for five in (EVERY_FIVE, EACH_FIVE):
            assert_comes_as_the_oracle_says(five, name, utc(YEAR, 7, 1), reach=timedelta(days=183))
        click.echo(name)
