"""When a cron line is due on the night when the clocks change."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from shared.values.cron import last_moment, next_moment
from shared.values.wall_clock import next_time_of_day
from tests.support.cron_oracle import utc

NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"
HAVANA, CAIRO, SAMOA = "America/Havana", "Africa/Cairo", "Pacific/Apia"


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        # The clocks go back from 02:00 to 01:00 at 06:00 UTC: a fixed time comes in the first pass only.
        ("30 1 * * *", NEW_YORK, utc(2026, 11, 1, 5, 29), utc(2026, 11, 1, 5, 30)),
        ("30 1 * * *", NEW_YORK, utc(2026, 11, 1, 5, 30), utc(2026, 11, 2, 6, 30)),
        ("30 1 * * *", NEW_YORK, utc(2026, 11, 1, 6, 15), utc(2026, 11, 2, 6, 30)),
        ("0 2 * * *", NEW_YORK, utc(2026, 11, 1, 5, 59), utc(2026, 11, 1, 7, 0)),
        # A line that follows the clocks comes in both passes.
        ("*/5 * * * *", NEW_YORK, utc(2026, 11, 1, 5, 55), utc(2026, 11, 1, 6, 0)),
        ("30 * * * *", NEW_YORK, utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 30)),
        ("*/30 1 * * *", NEW_YORK, utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 0)),
        # The clocks skip from 02:00 to 03:00 at 07:00 UTC: fixed times in the gap come once, right after it.
        ("30 2 * * *", NEW_YORK, utc(2026, 3, 8, 6, 59), utc(2026, 3, 8, 7, 0)),
        ("15,30 2 * * *", NEW_YORK, utc(2026, 3, 8, 7, 0), utc(2026, 3, 9, 6, 15)),
        ("*/30 2 * * *", NEW_YORK, utc(2026, 3, 8, 6, 59), utc(2026, 3, 9, 6, 0)),
        # A change of 30 minutes: 02:00 is shown as 01:30 at 15:00 UTC, and 02:00 as 02:30 at 15:30 UTC.
        ("45 1 * * *", LORD_HOWE, utc(2026, 4, 4, 15, 10), utc(2026, 4, 5, 15, 15)),
        ("*/5 2 * * *", LORD_HOWE, utc(2026, 4, 4, 15, 10), utc(2026, 4, 4, 15, 30)),
        ("15 2 * * *", LORD_HOWE, utc(2026, 10, 3, 15, 29), utc(2026, 10, 3, 15, 30)),
        # Changes at midnight: a repeated one and a skipped one.
        ("0 0 * * *", HAVANA, utc(2026, 11, 1, 4, 0), utc(2026, 11, 2, 5, 0)),
        ("0 0 * * *", CAIRO, utc(2026, 4, 23, 21, 59), utc(2026, 4, 23, 22, 0)),
        # Samoa skipped a Friday.
        ("0 12 * * fri", SAMOA, utc(2011, 12, 30, 9, 59), utc(2011, 12, 30, 10, 0)),
        ("0 12 * * *", SAMOA, utc(2011, 12, 30, 10, 0), utc(2011, 12, 30, 22, 0)),
    ],
)
def test_the_next_time_of_a_line_where_the_clocks_change(
    cron: str, zone: str, after: datetime, expected: datetime
) -> None:
    assert next_moment(cron, after, zone=zone) == expected
    assert last_moment(cron, expected, zone=zone) == expected


def test_in_the_second_pass_the_last_time_is_that_of_the_first() -> None:
    assert last_moment("30 1 * * *", utc(2026, 11, 1, 6, 15), zone=NEW_YORK) == utc(2026, 11, 1, 5, 30)
    assert last_moment("45 1 * * *", utc(2026, 11, 1, 6, 15), zone=NEW_YORK) == utc(2026, 11, 1, 5, 45)


def test_a_time_within_a_second_is_neither_lost_nor_repeated() -> None:
    noon = utc(2026, 11, 20, 12)
    assert next_moment("0 12 * * *", noon.replace(microsecond=1), zone="UTC") == utc(2026, 11, 21, 12)
    assert last_moment("0 12 * * *", noon.replace(microsecond=1), zone="UTC") == noon


@pytest.mark.parametrize(
    ("clock", "zone", "now", "expected"),
    [
        (time(8), BERLIN, utc(2026, 10, 24, 20), utc(2026, 10, 25, 7)),
        (time(8), BERLIN, utc(2026, 10, 25, 7), utc(2026, 10, 26, 7)),
        (time(1, 30), NEW_YORK, utc(2026, 11, 1, 5, 15), utc(2026, 11, 1, 5, 30)),
        (time(1, 30), NEW_YORK, utc(2026, 11, 1, 5, 45), utc(2026, 11, 1, 6, 30)),
        (time(1, 30), NEW_YORK, utc(2026, 11, 1, 6, 15), utc(2026, 11, 1, 6, 30)),
        (time(1, 30), NEW_YORK, utc(2026, 11, 1, 6, 30), utc(2026, 11, 2, 6, 30)),
        (time(2, 30), NEW_YORK, utc(2026, 3, 8, 6, 15), utc(2026, 3, 8, 7, 0)),
    ],
)
def test_a_time_of_day_is_when_the_clocks_show_it_next(
    clock: time, zone: str, now: datetime, expected: datetime
) -> None:
    assert next_time_of_day(clock, now, ZoneInfo(zone)) == expected
