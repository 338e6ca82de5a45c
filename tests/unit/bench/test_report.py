"""What a bench's run says, and how it is drawn. No test here looks at a time."""

import importlib
import inspect
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench import cost
from bench.__main__ import BENCHES
from bench.plots import plot
from bench.report import as_json, as_text
from bench.result import Goal, Result, Table

PRICES = yaml.safe_load(Path(cost.__file__).with_name("prices.yaml").read_text())
SLOW_ROUND = Table("t", {"ours": {"ms": [2, 20, 2]}, "limit: theirs": {"ms": [1, 10, 4]}}, (("ms", "limit: theirs"),))


def shown(*values: float) -> str:
    """The cell of a table for *values*."""
    lines = as_text("b", "about", Result([Table("t", {"row": {"ms": values}})])).splitlines()
    return next(line for line in lines if line.startswith("row")).removeprefix("row").strip()


def test_a_ratio_is_the_median_of_the_rounds_own_quotients() -> None:
    assert SLOW_ROUND.ratio("ours", "limit: theirs", "ms") == 2
    assert SLOW_ROUND.middle("ours", "ms") / SLOW_ROUND.middle("limit: theirs", "ms") == 0.5


def test_a_round_in_which_the_other_took_nothing_has_no_quotient() -> None:
    table = Table("t", {"a": {"ms": [3, 4]}, "b": {"ms": [0, 2]}})
    assert table.ratio("a", "b", "ms") == 2


@pytest.mark.parametrize(
    ("found", "at_least", "met"), [(2, False, True), (2.1, False, False), (2, True, True), (1.9, True, False)]
)
def test_a_goal_is_met_at_its_limit_and_on_its_right_side(found: float, at_least: bool, met: bool) -> None:  # noqa: FBT001
    goal = Goal("writes", found, 2, at_least=at_least)
    text = as_text("b", "about", Result([], [goal]))
    assert goal.is_met == met
    assert ("MISSED" in text) != met
    assert as_json("about", Result([], [goal]), 1.0)["goals"][0]["met"] == met


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1234567.8], "1,234,568"),
        ([123.4], "123"),
        ([12.34], "12.3"),
        ([1.234], "1.23"),
        ([0.01234], "0.012"),
        ([0], "0"),
        ([5.0], "5"),
        ([1, 3, 2], "2 (1 to 3)"),
    ],
)
def test_a_number_has_the_three_digits_that_tell_something_and_its_spread(values: list[float], text: str) -> None:
    assert shown(*values) == text


def test_the_text_names_who_is_missing_and_the_ratios_column_after_its_first_word() -> None:
    text = as_text("b", "about", Result([SLOW_ROUND], missing={"peer": "not installed"}, versions={"other": "1.2"}))
    assert "ms / limit" in text
    assert "missing: peer: not installed" in text
    assert "peers: other 1.2" in text


def test_the_json_has_each_round_and_each_ratio() -> None:
    (table,) = as_json(" about ", Result([SLOW_ROUND]), 1.23)["tables"]
    assert table["rows"]["ours"]["ms"] == {"median": 2, "least": 2, "most": 20, "rounds": [2, 20, 2]}
    assert table["ratios"] == [{"measure": "ms", "beside": "limit: theirs", "rows": {"ours": 2, "limit: theirs": 1}}]


@pytest.mark.parametrize("name", BENCHES)
def test_each_bench_says_what_is_not_fair_about_it_and_measures(name: str) -> None:
    bench = importlib.import_module(f"bench.{name}")
    assert "\nNot fair:" in (bench.__doc__ or "")
    assert list(inspect.signature(bench.measure).parameters) == ["quick"]


@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.floats(1e-4, 1e6)), min_size=1, max_size=9, unique_by=lambda point: point[0]
    ).filter(lambda points: any(x for x, _ in points))
)
def test_a_plot_is_xml_in_which_each_point_lies_between_the_axes(points: list[tuple[float, float]]) -> None:
    root = ET.fromstring(plot("A <title> & more", {'a "series"': points}, "x", "y"))  # noqa: S314
    circles = root.findall("{*}circle")
    assert len(circles) == len(points)
    assert all(71.9 <= float(one.attrib["cx"]) <= 560.1 for one in circles)
    assert all(47.9 <= float(one.attrib["cy"]) <= 380.1 for one in circles)


def test_a_plot_has_more_to_the_right_and_more_above_and_zero_at_the_left_end() -> None:
    root = ET.fromstring(plot("t", {"s": [(0, 1), (100, 10), (1000, 100)]}, "x", "y"))  # noqa: S314
    places = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in root.findall("{*}circle")]
    assert places == sorted(places, key=lambda place: (place[0], -place[1]))
    assert places[0][0] == 72
    assert len({y for _, y in places}) == 3


@pytest.mark.parametrize("one", PRICES["prices"], ids=lambda one: str(one["name"]))
def test_each_price_has_its_plan_its_day_and_the_page_that_it_is_from(one: dict[str, object]) -> None:
    assert isinstance(one["date"], date)
    assert str(one["source"]).startswith("https://")
    assert float(str(one["dollars"])) > 0
    assert one["plan"]
    assert one["includes"]
    assert one["name"] not in PRICES["left_out"]


def test_a_plan_that_names_a_price_for_more_is_asked_for_it_and_one_that_is_too_small_is_left_out() -> None:
    plan = {"plan": "P", "dollars": 10, "events": 1000}
    metered, small = {**plan, "name": "Metered", "more": 100, "per_more": 2}, {**plan, "name": "Small"}
    unlimited = {**plan, "name": "Unlimited", "events": None}
    rows = cost.others([metered, small, unlimited], 100)
    assert rows == {"Metered, P": {"dollars": [10 + 20 * 2]}, "Unlimited, P": {"dollars": [10]}}


def test_the_bill_without_a_free_tier_is_the_sum_of_its_lines_and_never_the_smaller_one() -> None:
    for events in cost.A_DAY:
        found = {name: value for name, (value,) in cost.month(events).items()}
        lines = sum(value for name, value in found.items() if name.endswith(" $"))
        assert found[cost.ALL] == pytest.approx(lines)
        assert found[cost.FREE] <= found[cost.ALL]
