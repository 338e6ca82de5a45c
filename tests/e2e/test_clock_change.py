"""Around a change of the clocks no message is sent twice, and none is missing, in zones whose clocks change differently.

`python -m tests.clock_change` plays the whole week.
"""

from pathlib import Path

import pytest

from tests.clock_change.oracle import Message, differences, expected
from tests.clock_change.play import Player
from tests.clock_change.script import PLACES, Place, draw
from tests.support.cron_oracle import MINUTE, utc

REACH = 70 * MINUTE


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_each_message_of_the_night_is_sent_once_and_at_its_minute(place: Place, tmp_path: Path) -> None:
    script = draw(place, REACH, seed=1, every=15 * MINUTE)
    assert differences(Player(script, tmp_path).play(), expected(script)) == []


def test_a_message_too_many_and_one_too_few_are_named() -> None:
    page: Message = (utc(2026, 11, 1, 6), "desk", "Critical-1.")
    text = "2026-11-01 06:00:00 desk: Critical-1."
    assert differences([page, page], [page]) == [f"unexpected: {text}"]
    assert differences([], [page]) == [f"missing: {text}"]
