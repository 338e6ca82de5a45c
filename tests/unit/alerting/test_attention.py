"""What needs the operator now, in words: the console and the terminal show the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.attention import by_urgency, headline, needs_now


def alert(severity: str = "critical", state: str = "firing", began: str = "2026-11-28T03:02:00Z", **more: Any) -> Any:
    return {"severity": severity, "state": state, "began": began, **more}


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"now": 1, "later": 5, "is_night": True}, "1 thing needs you now. 5 others can wait until morning."),
        ({"now": 3, "later": 1}, "3 things need you now. 1 other can wait."),
        ({"now": 1}, "1 thing needs you now."),
        ({"now": 0}, "Nothing needs you."),
        ({"now": 0, "later": 2}, "Nothing needs you. 2 things can wait."),
        ({"now": 0, "acknowledged": 2}, "Nothing needs you. 2 acknowledged."),
        ({"now": 0, "acknowledged": 2, "snoozed": 1}, "Nothing needs you. 2 acknowledged, 1 snoozed."),
        ({"now": 2, "later": 7248, "is_whole": False}, "At least 2 things need you now. 7,248 others can wait."),
        ({"now": 0, "later": 7250, "is_whole": False}, "More is firing than opos reads here. 7,250 things can wait."),
    ],
)
def test_the_headline_has_a_count_with_an_answer_in_it(counts: dict[str, Any], words: str) -> None:
    assert headline(**counts).text == words


@pytest.mark.parametrize(
    ("counts", "level"),
    [
        ({"now": 1}, "critical"),
        ({"now": 0, "later": 1}, "warning"),
        ({"now": 0, "acknowledged": 9}, "calm"),
        ({"now": 0, "is_whole": False}, "critical"),
    ],
)
def test_only_what_needs_the_operator_now_looks_urgent(counts: dict[str, Any], level: str) -> None:
    assert headline(**counts).level == level


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        (alert(), True),
        (alert("fatal"), True),
        (alert("warning"), False),
        (alert(state="acknowledged"), False),
        (alert(state="resolved"), False),
        (alert(held={"by": "group"}), True),
        (alert(held={"by": "silence"}), False),
        (alert(held={"by": "inhibition"}), False),
        ({}, False),
    ],
)
def test_an_alert_needs_you_now_if_it_is_firing_and_critical_and_nothing_explains_it(
    document: dict[str, Any], *, answer: bool
) -> None:
    assert needs_now(document) is answer


def test_the_order_is_now_then_firing_then_severity_then_age() -> None:
    alerts = [
        alert("warning", state="acknowledged"),
        alert("info"),
        alert(began="2026-11-28T03:05:00Z"),
        alert(held={"by": "silence"}),
        alert(began="2026-11-28T03:01:00Z"),
        alert("warning"),
    ]
    assert [alerts.index(shown) for shown in by_urgency(alerts)] == [4, 2, 3, 5, 1, 0]


@given(
    st.lists(
        st.builds(alert, st.sampled_from(["critical", "warning", "info", "?"]), st.sampled_from(["firing", "snoozed"]))
    )
)
def test_nothing_that_can_wait_stands_before_what_cannot(alerts: list[dict[str, Any]]) -> None:
    answers = [needs_now(document) for document in by_urgency(alerts)]
    assert answers == sorted(answers, reverse=True)
