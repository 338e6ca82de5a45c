"""Times as a person types them, also in the night when the clocks change."""

from datetime import datetime

import click
import pytest

from opos.terminal.times import after, until_moment
from tests.support.cron_oracle import utc

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("until 15:00", utc(2026, 11, 20, 9), utc(2026, 11, 20, 20)),
        ("1:30", utc(2026, 11, 1, 5, 45), utc(2026, 11, 1, 6, 30)),
        ("01:30", utc(2026, 11, 1, 6, 15), utc(2026, 11, 1, 6, 30)),
        ("02:30", utc(2026, 3, 8, 6, 15), utc(2026, 3, 8, 7)),
        ("2026-11-01T01:30", utc(2026, 11, 1, 4), utc(2026, 11, 1, 5, 30)),
        ("2026-11-01T01:30", utc(2026, 11, 1, 5, 45), utc(2026, 11, 1, 6, 30)),
        ("2026-11-01T01:30:00.5", utc(2026, 11, 1, 5, 45), utc(2026, 11, 1, 6, 30)),
        ("2026-11-01T01:30-05:00", utc(2026, 11, 1, 4), utc(2026, 11, 1, 6, 30)),
        ("2026-03-08T02:30", utc(2026, 3, 8, 4), utc(2026, 3, 8, 7)),
    ],
)
def test_a_time_without_a_zone_is_the_next_one_on_the_operators_clock(
    text: str, now: datetime, expected: datetime
) -> None:
    assert until_moment(text, now, NEW_YORK) == expected


def test_a_length_is_no_time_of_day() -> None:
    now = utc(2026, 11, 20, 9)
    assert after("1h30m", now) == utc(2026, 11, 20, 10, 30)
    for text in ("15:00", "2026-11-21", "soon", "0s"):
        with pytest.raises(click.BadParameter, match=f"expected a duration such as 5m.* found '{text}'.* --until"):
            after(text, now)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59", "2026-11-01T01:30", "25:00", "soon"])
def test_a_time_that_is_past_or_none_is_an_error_that_says_what_is_expected(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected 2h, 15:00, or a day or time in the future"):
        until_moment(text, utc(2026, 11, 20, 9), NEW_YORK)
