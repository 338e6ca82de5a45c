"""What tells alerts with the same title apart."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.values.distinction import LONGEST_TEXT, distinctions, named, names
from shared.values.text import LONGEST

TEXTS = st.text(max_size=30).map(lambda text: text * 9)
ALERTS = st.lists(
    st.fixed_dictionaries({"title": st.sampled_from(["Down", "Slow", ""]) | TEXTS, "labels": st.dictionaries(TEXTS, TEXTS, max_size=3)}),
    max_size=6,
)  # fmt: skip


def alert(title: str, **labels: Any) -> dict[str, Any]:
    return {"title": title, "labels": labels}


def test_alerts_are_named_by_the_labels_that_they_do_not_share() -> None:
    pods = [alert("Down", pod="a", zone="x", incident="1"), alert("Down", pod="b", zone="x", incident="2")]
    assert names(pods) == ["pod a", "pod b"]
    assert names([*pods, alert("Slow", pod="a")]) == ["Down (pod a)", "Down (pod b)", "Slow"]


def test_the_label_with_the_most_values_comes_first_and_only_a_few_are_shown() -> None:
    alerts = [alert("Down", a=n // 2, pod=n, b=n // 2, c=n // 2) for n in range(4)]
    assert distinctions(alerts)[3] == "pod 3, a 1, b 1"


def test_alerts_that_nothing_tells_apart_keep_their_title() -> None:
    assert names([alert("Down"), alert("Down")]) == ["Down", "Down"]
    assert names([alert("Down", pod="a"), alert("Down")]) == ["pod a", "Down"]


@settings(max_examples=15)
@given(ALERTS)
def test_each_alert_has_a_name_on_one_line_that_is_not_too_long(alerts: list[dict[str, Any]]) -> None:
    texts, every = distinctions(alerts), names(alerts)
    assert len(texts) == len(every) == len(alerts)
    assert all(len(text) <= LONGEST_TEXT and "\n" not in text for text in texts)
    assert all(name and len(name) <= LONGEST and "\n" not in name for name in every)
    assert all(len(named(name, text)) <= LONGEST for name, text in zip(every, texts, strict=True))
