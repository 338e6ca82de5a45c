"""Times and durations as people read them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.values.local_time import age, duration, local_time, localized
from shared.values.timestamps import iso

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 12, 0, 0, 123456, tzinfo=UTC)
"""A Wednesday; 13:00 in Berlin."""
MOMENTS = st.integers(0, 4_000_000_000_000_000).map(
    lambda micros: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
ZONES = st.sampled_from([UTC, BERLIN, *map(ZoneInfo, ("America/New_York", "Asia/Kolkata", "Pacific/Auckland"))])
LENGTHS = st.timedeltas(timedelta(), timedelta(days=4000))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-18T02:02:59.999999Z", "03:02"),
        ("2026-11-17T23:30:00.000000Z", "00:30"),
        ("2026-11-18T23:30:00.000000Z", "Thu 00:30"),
        ("2026-11-13T22:51:00.000000Z", "Fri 23:51"),
        ("2026-11-12T00:00:00.000000Z", "Thu 01:00"),
        ("2026-11-24T12:00:00.000000Z", "Tue 13:00"),
        ("2026-11-11T12:00:00.000000Z", "11 Nov 13:00"),
        ("2026-11-04T02:02:00.000000Z", "4 Nov 03:02"),
        ("2026-07-04T01:02:00.000000Z", "4 Jul 03:02"),
        ("2025-11-04T02:02:00.000000Z", "4 Nov 2025 03:02"),
        ("2026-12-31T23:30:00.000000Z", "1 Jan 2027 00:30"),
    ],
)
def test_a_time_leaves_out_what_its_reader_knows(moment: str, text: str) -> None:
    assert local_time(moment, BERLIN, NOW) == text
    assert local_time(datetime.fromisoformat(moment), BERLIN, NOW) == text


def test_a_time_without_a_zone_is_utc() -> None:
    assert local_time("2026-11-18T02:02:00", BERLIN, NOW) == "03:02"


def test_a_text_that_is_no_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        local_time("yesterday", BERLIN, NOW)


def test_the_stored_times_in_a_text_are_shown_as_local_times() -> None:
    text = f"silenced by ann until {iso(NOW)}: see 2026-11-20T08:30:00Z, ticket T12:30:00Z"
    assert localized(text, BERLIN, NOW) == "silenced by ann until 13:00: see Fri 09:30, ticket T12:30:00Z"


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        ("2026-11-01T05:30:00Z", "America/New_York", "1 Nov 01:30 EDT"),
        ("2026-11-01T06:30:00Z", "America/New_York", "1 Nov 01:30 EST"),
        ("2026-11-01T07:00:00Z", "America/New_York", "1 Nov 02:00"),
        ("2026-04-04T15:15:00Z", "Australia/Lord_Howe", "5 Apr 01:45 +1030"),
        ("2026-03-08T07:00:00Z", "America/New_York", "8 Mar 03:00"),
    ],
)
def test_a_time_that_the_clocks_show_twice_has_the_name_of_the_clock(moment: str, zone: str, text: str) -> None:
    assert local_time(moment, ZoneInfo(zone), NOW) == text


@given(MOMENTS, ZONES, MOMENTS)
def test_a_time_is_on_the_clock_of_the_zone_and_never_a_stamp(moment: datetime, zone: ZoneInfo, now: datetime) -> None:
    text = local_time(iso(moment), zone, now)
    assert f"{moment.astimezone(zone):%H:%M}" in text
    assert re.fullmatch(r"([A-Z][a-z]{2} |[1-9]\d? [A-Z][a-z]{2} (\d{4} )?)?\d\d:\d\d( [A-Z]+| [+-]\d+)?", text)


@given(MOMENTS, MOMENTS, ZONES, MOMENTS)
def test_two_past_times_that_read_the_same_are_in_the_same_minute(
    a: datetime, b: datetime, zone: ZoneInfo, now: datetime
) -> None:
    first, second = min(a, now), min(b, now)
    if local_time(first, zone, now) == local_time(second, zone, now):
        assert f"{first:%F %H:%M}" == f"{second:%F %H:%M}"


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(minutes=-12, seconds=-30), "12 min ago"),
        (timedelta(hours=2, minutes=58), "in 2 h"),
        (timedelta(hours=1, minutes=59, seconds=2), "in 2 h"),
        (timedelta(minutes=1), "in 1 min"),
        (timedelta(hours=-25), "1 day ago"),
        (timedelta(days=-3), "3 days ago"),
        (timedelta(days=400), "in 400 days"),
    ],
)
def test_an_age_is_in_its_largest_unit(away: timedelta, text: str) -> None:
    assert age(NOW + away, NOW) == text
    assert age(iso(NOW + away), NOW) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=45, microseconds=999_999), "45 s"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(minutes=12, seconds=59), "12 min"),
        (timedelta(hours=10, minutes=32), "10 h 32 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, hours=3, minutes=20), "1 day 3 h"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=2, minutes=5), "2 days"),
    ],
)
def test_a_duration_is_in_its_two_largest_units(length: timedelta, text: str) -> None:
    assert duration(length) == text


@given(LENGTHS)
def test_a_duration_loses_less_than_its_second_unit(length: timedelta) -> None:
    sizes = {"day": 86_400, "days": 86_400, "h": 3_600, "min": 60, "s": 1}
    parts = re.findall(r"(\d+) (\w+)", duration(length))
    lost = length.total_seconds() - sum(int(amount) * sizes[unit] for amount, unit in parts)
    assert 0 <= lost < max(60, sizes[parts[0][1]] / 24)
    assert len(parts) <= 2
