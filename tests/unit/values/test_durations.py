"""Durations as Prometheus and Alertmanager spell them."""

from datetime import timedelta

import pytest

from shared.values.durations import TooLong, duration_text, parse_duration, parse_wait


@pytest.mark.parametrize(
    ("text", "days"), [("1y", 365), ("1w", 7), ("1y2w3d", 382), ("100y", 36_500), ("90000000ms", 90_000 / 86_400)]
)
def test_a_year_has_365_days_and_a_week_seven(text: str, days: float) -> None:
    assert parse_duration(text) == timedelta(days=days)
    assert parse_duration(duration_text(timedelta(days=days))) == timedelta(days=days)


@pytest.mark.parametrize("value", [0, "0", "0s"])
def test_zero_needs_no_unit_and_is_a_wait_but_no_duration(value: object) -> None:
    assert parse_wait(value) == timedelta(0)
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(value)


@pytest.mark.parametrize("value", ["", "5", 5, False, 0.0, "1d1w", "1.5h", "-1s", None, [0]])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        parse_wait(value)


@pytest.mark.parametrize("text", ["101y", "999999999999y"])
def test_more_than_a_century_is_too_long(text: str) -> None:
    with pytest.raises(TooLong):
        parse_wait(text)
