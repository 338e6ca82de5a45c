"""The machine's clock when somebody sets it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.runtime.clock import STEP, SystemClock
from shared.values.timestamps import iso, moved_back

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("back", "seen"),
    [
        (timedelta(), NOON),
        (SECOND, NOON),
        (STEP - SECOND, NOON),
        (STEP, NOON - STEP),
        (timedelta(hours=6), NOON - timedelta(hours=6)),
    ],
)
def test_a_small_step_back_is_time_that_stands_still_and_a_large_one_is_visible(
    back: timedelta, seen: datetime
) -> None:
    times = iter([NOON, NOON - back, NOON + SECOND])
    clock = SystemClock(lambda: next(times))
    assert [clock.now() for _ in range(3)] == [NOON, seen, NOON + SECOND]


def test_only_times_ahead_move_wherever_they_are_in_a_document() -> None:
    late, early = iso(NOON + timedelta(hours=5)), iso(NOON - SECOND)
    doc = {
        "calls_at": late,
        "first_seen": early,
        "title": late[:10],
        "pending": {"place": f"digest/{late}"},
        "episodes": [{"began": late}],
    }
    moved = moved_back(doc, timedelta(hours=6), after=iso(NOON))
    hour = iso(NOON - timedelta(hours=1))
    assert moved == {**doc, "calls_at": hour, "pending": {"place": f"digest/{hour}"}, "episodes": [{"began": hour}]}
