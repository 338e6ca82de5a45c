"""Time intervals: what they contain, at which moment they end, and that the wall clock of a zone decides."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.alerting.time_intervals import TimeInterval, contains, until_false
from tests.support import requirements as needs

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca")
"""Both hemispheres; a shift of half an hour; changes at midnight; a zone that is ahead but for Ramadan."""
YEARS = range(2016, 2028)


def interval(**said: object) -> TimeInterval:
    return TypeAdapter(TimeInterval).validate_python(said)


def inside(one: TimeInterval, local: str, zone: str = "Europe/Berlin") -> bool:
    return contains(one, datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)), zone=zone)


def times(start: str, end: str) -> list[dict[str, str]]:
    return [{"start_time": start, "end_time": end}]


@pytest.mark.parametrize(
    ("local", "expected"),
    [("2026-11-20T08:59", False), ("2026-11-20T09:00", True), ("2026-11-20T11:59", True), ("2026-11-20T12:00", False)],
)
def test_the_start_is_inclusive_and_the_end_exclusive(local: str, *, expected: bool) -> None:
    assert inside(interval(times=times("09:00", "12:00")), local) is expected


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-11-20T21:59", False), ("2026-11-20T22:00", True), ("2026-11-20T23:59", True),
        ("2026-11-21T00:00", True), ("2026-11-21T05:59", True), ("2026-11-21T06:00", False),
        ("2026-11-20T03:00", False),
        ("2026-11-21T22:30", False),
    ],
)  # fmt: skip
def test_a_range_over_midnight_belongs_to_the_day_it_began_on(local: str, *, expected: bool) -> None:
    assert inside(interval(times=times("22:00", "06:00"), weekdays=["friday"]), local) is expected


def test_a_day_may_end_at_24() -> None:
    assert inside(interval(times=times("23:00", "24:00")), "2026-11-20T23:59")


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({"weekdays": ["monday:friday"]}, {16, 17, 18, 19, 20}),
        ({"weekdays": ["Sat", "sun"]}, {15, 21, 22}),
        ({"days_of_month": ["-16:-14"]}, {15, 16, 17}),
        ({"days_of_month": ["20:31"], "months": ["november"]}, {20, 21, 22}),
        ({"months": ["jan:oct"]}, set()),
        ({"years": ["2027"]}, set()),
    ],
)
def test_days_months_and_years_must_all_hold(said: dict[str, object], days: set[int]) -> None:
    assert {day for day in range(15, 23) if inside(interval(**said), f"2026-11-{day}T12:00")} == days


@pytest.mark.parametrize(
    "said",
    [
        {"times": times("9:00", "10:00")}, {"times": times("09:00", "25:00")}, {"weekdays": ["friday:monday"]},
        {"weekdays": ["someday"]}, {"days_of_month": ["0"]}, {"days_of_month": ["32"]}, {"days_of_month": ["-1:5"]},
        {"months": ["13"]}, {"location": "Mars/Base"}, {"hours": []},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        interval(**said)


def test_an_interval_has_its_own_zone_or_the_operators() -> None:
    noon = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert contains(interval(times=times("21:00", "22:00"), location="Asia/Tokyo"), noon, zone="UTC")
    assert not contains(interval(times=times("21:00", "22:00")), noon, zone="UTC")


def changes(zone: str) -> list[datetime]:
    """Every moment of YEARS at which *zone* changes its offset."""
    tz, found = ZoneInfo(zone), []
    moment = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    while moment.year in YEARS:
        later = moment + timedelta(hours=6)
        if moment.astimezone(tz).utcoffset() != later.astimezone(tz).utcoffset():
            low, high = moment, later
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                same = low.astimezone(tz).utcoffset() == middle.astimezone(tz).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        moment = later
    return found


@contextmanager
def libc_zone(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.__setitem__("TZ", before)
        time.tzset()


@needs.zones
@pytest.mark.parametrize("zone", ZONES)
def test_over_every_change_of_a_zone_an_interval_holds_what_the_systems_own_clock_shows(zone: str) -> None:
    ranges = [("01:30", "02:30"), ("02:00", "03:00"), ("22:00", "02:15"), ("23:45", "00:30"), ("00:00", "24:00")]
    moments = changes(zone)
    assert len(moments) >= 6
    with libc_zone(zone):
        for change in moments:
            for minute in range(-180, 181, 3):
                now = change + timedelta(minutes=minute)
                shown = time.localtime(now.timestamp())
                clock = f"{shown.tm_hour:02}:{shown.tm_min:02}"
                for start, end in ranges:
                    wraps = end < start
                    expected = (clock >= start or clock < end) if wraps else start <= clock < end
                    assert contains(interval_of(start, end), now, zone=zone) is expected, (now, clock, start, end)


KEPT: dict[tuple[str, str], TimeInterval] = {}


def interval_of(start: str, end: str) -> TimeInterval:
    if (start, end) not in KEPT:
        KEPT[start, end] = interval(times=times(start, end))
    return KEPT[start, end]


@pytest.mark.parametrize("zone", ZONES)
def test_the_end_that_is_waited_for_is_the_first_minute_outside_across_every_change(zone: str) -> None:
    night = interval_of("01:45", "02:45")
    for change in changes(zone):
        for minute in range(-60, 61, 7):
            now = change + timedelta(minutes=minute)
            if not contains(night, now, zone=zone):
                continue
            until = until_false(lambda at: contains(night, at, zone=zone), now)
            between = int((until - now) / timedelta(minutes=1))
            assert all(contains(night, now + timedelta(minutes=n), zone=zone) for n in range(between))
            assert until - now == timedelta(hours=1) or not contains(night, until, zone=zone)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"times": times("00:00", "00:00")}, "an end other than the start"),
        ({"times": times("24:00", "06:00")}, "a start before 24:00"),
        ({"days_of_month": ["10:-25"]}, "the first before the last"),
        ({"days_of_month": ["-5:-10"]}, "the first before the last"),
        ({"days_of_month": ["31"], "months": ["april", "june"]}, "a day that is in all of"),
        ({"days_of_month": ["30:-1"], "months": ["february"]}, "a day that is in all of"),
        ({"days_of_month": ["29"], "months": ["february"], "years": ["2026:2027"]}, "a day that is in all of"),
        ({"weekdays": ["monday:sunday"]}, "from sunday to saturday, the first before the last"),
        ({"weekdays": ["friday:monday"]}, "the first before the last"),
        ({"months": ["march:january"]}, "the first before the last"),
        ({"years": ["2027:2026"]}, "the first before the last"),
        ({"times": []}, "at least one entry"),
        ({"weekdays": []}, "at least one entry"),
    ],
)
def test_an_interval_that_contains_no_time_is_refused(said: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        interval(**said)


@pytest.mark.parametrize(
    "said",
    [
        {}, {"days_of_month": ["5:-25"]}, {"days_of_month": ["29"], "months": ["february"], "weekdays": ["monday"]},
        {"days_of_month": ["29"], "months": ["february"], "years": ["2026:2028"]}, {"weekdays": ["sunday:saturday"]},
        {"years": ["9999"]}, {"times": times("00:00", "24:00")},
    ],
)  # fmt: skip
def test_an_interval_that_contains_a_time_now_and_then_is_accepted(said: dict[str, object]) -> None:
    interval(**said)
