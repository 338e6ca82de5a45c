"""When a deployment is worse than what ran before."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.deploy.bake import Seen, Watch
from opos.deploy.pipeline import shares
from shared.config.slos import Slos
from shared.deployments import Deployment
from shared.services.slo.indicators import INDICATORS
from shared.slo.burn_rate import Indicator


class Config:
    slos = Slos()


class Ground:
    config = Config()


def verdict(*, percent: int = 50, burned: float = 0.0, **seen: Any) -> str:
    deployment = Deployment(
        number=3, target="staging", phase="shift", by="ann", began_at="", failing=("store-slow",),
        before={"health": {"health-1": 100}}, after={"health": "health-d3-abc"},
    )  # fmt: skip
    watch = object.__new__(Watch)
    watch.deployment, watch.percent, watch.ground = deployment, percent, cast("Any", Ground())
    watch.hour_before = dict.fromkeys(INDICATORS, burned)
    return watch.verdict(Seen(**{"counts": {}, "new_errors": 0, "old_errors": 0, "failing": (), **seen}))


def counts(good: int, bad: int) -> dict[Indicator, tuple[int, int]]:
    return {"webhook_to_effect": (good, bad)}


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {"counts": counts(1000, 0)},
        {"counts": counts(100, 4)},  # a few are a large share where little happens, and mean nothing
        {"counts": counts(1000, 50)},  # 4.8 % of 0.5 %: ten times too fast, below 14.4
        {"failing": ("store-slow",)},  # it was so before
        {"new_errors": 4},
        {"new_errors": 40, "old_errors": 39},  # both fail: the cause is outside
    ],
)
def test_it_is_no_worse_than_before(seen: dict[str, Any]) -> None:
    assert verdict(**seen) == ""


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"counts": counts(60, 5)}, "webhook_to_effect burns its error budget 15 times too fast: 5 of 65 were bad"),
        ({"failing": ("bus-unreachable", "store-slow")}, "the health report has a new failure: bus-unreachable"),
        ({"new_errors": 5}, "the new revisions answered 5 requests with 5xx, the old ones 0"),
        ({"new_errors": 79, "old_errors": 39}, "the new revisions answered 79 requests with 5xx, the old ones 39"),
    ],
)
def test_it_is_worse_and_says_what(seen: dict[str, Any], said: str) -> None:
    assert verdict(**seen) == said


def test_a_fix_may_be_deployed_while_the_budget_burns() -> None:
    assert verdict(counts=counts(60, 5), burned=10.0) == ""
    assert verdict(counts=counts(60, 50), burned=10.0) != ""


def test_errors_are_compared_by_the_share_of_the_traffic() -> None:
    """Of ten in a hundred requests the new ones have as many errors as the old ones of the other ninety."""
    assert verdict(percent=10, new_errors=8, old_errors=40) == ""
    assert verdict(percent=10, new_errors=9, old_errors=9) != ""


splits = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 100), max_size=3)


@given(before=splits, percent=st.integers(1, 100))
def test_all_of_the_traffic_is_given_to_somebody(before: dict[str, int], percent: int) -> None:
    split = shares(before, "new", percent)
    assert sum(split.values()) == 100
    assert all(split.values())
    assert split["new"] == (percent if before else 100)
