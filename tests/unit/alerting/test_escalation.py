"""The pages of one call: on which channels, how long apart, and when it is given up."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from shared.alerting.escalation import START, Escalation, course, following, present

REPEAT = timedelta(minutes=30)
LOUDER = Escalation.model_validate(
    {"levels": [{"channel": "call", "after": "5m"}, {"channel": "friend", "after": "15m"}], "repeats": 2, "backoff": 2}
)


def run(escalation: Escalation) -> list[tuple[tuple[str, ...], str, float | None]]:
    """Every page of a call that nobody acknowledges: channels, name, minutes until the next."""
    stages = course(escalation, "push", REPEAT)
    page, pages = present(stages, START), []
    while page:
        later = following(stages, page.at)
        pages.append((page.channels, page.name, (later.at - page.at) / timedelta(minutes=1) if later else None))
        page = later
    return pages


def test_each_level_is_louder_then_the_last_repeats_ever_more_rarely_and_then_it_gives_up() -> None:
    assert run(LOUDER) == [
        (("push",), "level 1 of 3", 5),
        (("call",), "level 2 of 3", 15),
        (("friend",), "level 3 of 3", 30),
        (("friend",), "repeat 1 of 2", 60),
        (("friend",), "repeat 2 of 2", None),
    ]


def test_without_levels_the_same_channel_repeats_and_gives_up() -> None:
    assert [wait for _, _, wait in run(Escalation())] == [30, 60, 120, 240, 480, None]


def test_no_wait_grows_beyond_half_a_day() -> None:
    waits = [wait for _, _, wait in run(Escalation(repeats=20)) if wait]
    assert max(waits) == 12 * 60


def test_a_first_level_without_a_wait_is_told_together_with_the_routes_channels() -> None:
    both = Escalation.model_validate(
        {"levels": [{"channel": "desk"}, {"channel": "call", "after": "5m"}], "repeats": 0}
    )
    assert [channels for channels, _, _ in run(both)] == [("push", "desk"), ("call",)]


def test_a_later_level_must_say_after_which_time_it_is_reached() -> None:
    with pytest.raises(ValidationError, match="after"):
        Escalation.model_validate({"levels": [{"channel": "a", "after": "1m"}, {"channel": "b"}]})
