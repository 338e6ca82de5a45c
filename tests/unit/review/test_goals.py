"""The goals of a week: times and verdicts that no missing data makes look good."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.console.handler import handle as console
from shared.events import iso
from shared.ports import Form
from shared.review.figures import review
from shared.review.goals import MONTHS, Goals, Measure, goals, merged_length
from shared.review.history import WEEK, History
from shared.review.renderers import as_html, as_markdown, as_text
from shared.review.sections import sections
from shared.values.http import HttpRequest
from shared.values.markup import MARKDOWN
from tests.support.console import signed_in
from tests.support.weeks import a_noisy_week, make_review, weekly

SINCE = datetime(2026, 11, 16, 9, tzinfo=UTC)
UNTIL = SINCE + WEEK
NAMES = ("Fired to acknowledged", "Fired to resolved", "Acknowledged to resolved")
Minutes = float | None


def at(minutes: float) -> str:
    return iso(SINCE + timedelta(minutes=minutes))


def episode(began: float, acted: Minutes = None, ended: Minutes = None, *, again: Minutes = None) -> dict[str, str]:
    """An episode that notified as soon as it fired; all in minutes after SINCE. *again*: a second action."""
    times = {
        "began": began,
        "told": began,
        "first_acted": acted,
        "acted": acted if again is None else again,
        "ended": ended,
    }
    return {name: at(minutes) for name, minutes in times.items() if minutes is not None}


def week(*episodes: dict[str, str], pages: int = 1, digests: int = 0, events: int = 1, unread: int = 0) -> History:
    made: list[Any] = [{"cost": 1, "created_at": at(1), "cause": {}}] * pages
    digested: list[Any] = [{"members": []}] * digests
    alerts = {str(number): {"episodes": [times], "labels": {}, "source": "a"} for number, times in enumerate(episodes)}
    return History(SINCE, UNTIL, made, digested, alerts, events, 0, unread)


def measures(*episodes: dict[str, str]) -> dict[str, Measure]:
    return {measure["name"]: measure for measure in goals(week(*episodes))["measures"]}


def measure(name: str, *episodes: dict[str, str]) -> tuple[Any, ...]:
    """The count, how many are open, the median and the slowest in minutes, and the verdict."""
    of = measures(*episodes)[name]
    seconds = (of["median"], of["slowest"])
    return (of["count"], of["open"], *(time and time / 60 for time in seconds), of["verdict"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fired to acknowledged", (3, 0, 4, 30, "")),
        ("Fired to resolved", (3, 0, 14, 40, "not met")),
        ("Acknowledged to resolved", (3, 0, 10, 10, "met")),
    ],
)
def test_the_median_and_the_slowest_are_of_the_alerts_that_notified(name: str, expected: tuple[Any, ...]) -> None:
    assert measure(name, episode(0, 2, 12), episode(20, 24, 34), episode(60, 90, 100)) == expected


def test_a_week_without_alerts_has_no_data_for_its_goals() -> None:
    assert [measures()[name]["verdict"] for name in NAMES] == ["", "no data", "no data"]
    assert [measures()[name]["median"] for name in NAMES] == [None] * 3


def test_what_resolved_on_its_own_is_no_fast_acknowledgement() -> None:
    on_its_own = episode(0, None, 3)
    assert measures(on_its_own)["Fired to acknowledged"]["others"] == 1
    assert measure("Fired to acknowledged", on_its_own) == (0, 0, None, None, "")
    assert measure("Fired to resolved", on_its_own) == (1, 0, 3, 3, "met")
    assert measure("Acknowledged to resolved", on_its_own) == (0, 0, None, None, "no data")


def test_what_is_never_acknowledged_waits_until_the_end_of_the_week() -> None:
    open_since = episode(10_080 - 60)
    assert measure("Fired to acknowledged", open_since) == (1, 1, 60, 60, "")
    assert measure("Fired to resolved", open_since) == (1, 1, 60, 60, "not met")


def test_an_alert_that_fires_for_a_minute_meets_no_goal_yet_and_misses_none() -> None:
    assert measure("Fired to resolved", episode(10_079)) == (1, 1, 1, 1, "no data")
    assert measure("Fired to resolved", episode(10_079), episode(0, 1, 2), episode(9, 9, 10))[-1] == "met"


def test_an_episode_counts_in_each_week_in_which_it_is_open_with_its_whole_length() -> None:
    spans = episode(-3 * 1440, -3 * 1440 + 5, 60)
    assert measure("Fired to resolved", spans) == (1, 0, 3 * 1440 + 60, 3 * 1440 + 60, "not met")
    assert measure("Fired to acknowledged", spans) == (0, 0, None, None, ""), "it was acknowledged in the week before"
    assert measure("Fired to resolved", episode(-90, -80, -60)) == (0, 0, None, None, "no data")


def test_what_never_notified_is_in_no_time() -> None:
    quiet = {"began": at(0), "ended": at(600)}
    assert measure("Fired to resolved", quiet)[:2] == (0, 0)


def test_a_second_action_does_not_make_the_first_one_late() -> None:
    assert measure("Fired to acknowledged", episode(0, 2, 60, again=60))[2] == 2
    earlier_release = {name: time for name, time in episode(0, 2, 60).items() if name != "first_acted"}
    assert measure("Fired to acknowledged", earlier_release)[2] == 2


def test_a_clock_that_was_set_back_makes_no_time_negative() -> None:
    stepped = measures(episode(60, 30, 20))
    for name in NAMES:
        assert (stepped[name]["count"], stepped[name]["unmeasured"], stepped[name]["median"]) == (0, 1, None)
    assert goals(week(episode(60, 30, 20)))["parts"][2]["minutes"] == 0


def parts(result: Goals) -> dict[str, float]:
    return {part["what"]: part["minutes"] for part in result["parts"]}


def test_the_operators_time_is_the_sum_of_its_parts() -> None:
    result = goals(week(episode(0, 2, 12), episode(1, 2, 22), episode(500, 510, 2000), pages=3, digests=2))
    assert parts(result) == {
        "notification": 3, "action": 4, "work on acknowledged alerts": 50, "digest": 4, "weekly review": 5,
    }  # fmt: skip
    assert result["minutes_a_month"] == round(66 * MONTHS, 1)
    assert result["minutes_verdict"] == "not met"


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        (week(), "met"), (week(pages=0), "met"), (week(pages=0, events=0), "no data"), (week(pages=99), "not met"),
        (week(unread=1), "no data"), (week(pages=99, unread=1), "not met"),
    ],
)  # fmt: skip
def test_little_time_is_good_only_if_there_was_something_and_all_of_it_was_read(history: History, verdict: str) -> None:
    assert goals(history)["minutes_verdict"] == verdict


EPISODES = st.lists(
    st.builds(
        lambda began, acted, ended: episode(began, acted and began + acted, ended and began + ended),
        st.integers(-20_000, 10_000), st.none() | st.integers(-100, 3000), st.none() | st.integers(-100, 20_000),
    ),
    max_size=12,
)  # fmt: skip
GOOD = {"": 0, "not met": 0, "no data": 1, "met": 2}


@given(EPISODES)
def test_every_figure_is_at_least_zero_and_the_median_is_at_most_the_slowest(episodes: list[dict[str, str]]) -> None:
    result = goals(week(*episodes))
    for of in result["measures"]:
        assert (of["median"] is None) == (of["slowest"] is None) == (of["count"] == 0)
        assert 0 <= (of["median"] or 0) <= (of["slowest"] or 0)
        assert of["open"] <= of["count"]
    assert all(part["minutes"] >= 0 for part in result["parts"])
    assert (result["minutes_a_month"] or 0) <= 60 * 24 * 31 + 12 * 100


@given(EPISODES)
def test_an_alert_that_still_fires_makes_no_verdict_better(episodes: list[dict[str, str]]) -> None:
    before, after = measures(*episodes), measures(*episodes, episode(10_000))
    name = "Fired to resolved"
    assert before[name]["verdict"] == "no data" or GOOD[after[name]["verdict"]] <= GOOD[before[name]["verdict"]]
    assert after[name]["verdict"] == "met" or after[name]["open"]
    assert len(episodes) or after[name]["verdict"] != "met"


INTERVALS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(-20, 90)).map(
        lambda pair: (SINCE + timedelta(minutes=pair[0]), SINCE + timedelta(minutes=sum(pair)))
    ),
    max_size=10,
)


@given(INTERVALS, st.randoms())
def test_what_overlaps_counts_once(intervals: list[tuple[datetime, datetime]], random: Any) -> None:
    minutes = {
        minute for begin, end in intervals for minute in range(*(int((time - SINCE).total_seconds() // 60) for time in (begin, end)))
    }  # fmt: skip
    shuffled = random.sample(intervals, len(intervals))
    assert merged_length(shuffled) == timedelta(minutes=len(minutes))


def forms() -> dict[str, Callable[[Any], str]]:
    return {
        "terminal": as_text,
        "chat": lambda figures: as_markdown(figures, MARKDOWN, Form(limit=9000)),
        "mail": lambda figures: as_html(figures, console="https://opos.example/review"),
    }


SAID = (
    "Fired to acknowledged: median 8 min, slowest 10 min, of 2 alerts. 5 alerts resolved before you acted.",
    "Fired to resolved: median 4 min, slowest 1 h 10 min, of 7 alerts. Goal: 5 min; met.",
    "Acknowledged to resolved: median 1 h, slowest 1 h, of 2 alerts. Goal: 12 min; not met.",
    "7 notifications, 1 min each: 7 min",
    "How your time is estimated",
)


@pytest.mark.parametrize("form", ["terminal", "chat", "mail", "console"])
def test_every_form_shows_the_goals_and_how_the_time_is_estimated(form: str) -> None:
    context = weekly()
    a_noisy_week(context)
    figures = make_review(context).data["review"]
    if form == "console":
        said = console(HttpRequest("GET", "/review", {"cookie": signed_in(context)}), context).body.decode()
        assert "<details><summary>How your time is estimated</summary>" in said
    else:
        said = forms()[form](figures)
    assert [words for words in SAID if words not in said.replace("\\", "")] == []


def test_a_review_of_an_earlier_release_has_no_goals_and_is_shown() -> None:
    figures = review(week(episode(0, 2, 12)), zone="UTC", days={})
    del figures["goals"]
    assert "Goals" not in [section.heading for section in sections(figures)]
    assert as_text(figures)


def test_a_week_without_anything_says_no_data() -> None:
    figures = review(week(pages=0, events=0), zone="UTC", days={})
    (shown,) = [section for section in sections(figures) if section.heading == "Goals"]
    assert shown.lines == [
        "Fired to acknowledged: no data.", "Fired to resolved: no data. Goal: 5 min; no data.",
        "Acknowledged to resolved: no data. Goal: 12 min; no data.", "Your time: no data. Goal: 2 h; no data.",
    ]  # fmt: skip
