"""Error budgets: what is counted, what is left, and when an alert fires."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.slos import Objective, Slos
from shared.events import iso
from shared.health.report import Result
from shared.services.health.checks.slo import LONGEST, burning, left
from shared.services.slo.indicators import Indicators, counted, reported
from shared.slo.burn_rate import FEW, SLOT, budget_left, burn_rate, firing, slot_of, total
from tests.support.fakes import FakeContext

NOW = datetime(2026, 11, 20, 9, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def slots(bad_share: float, span: timedelta, each: int = 100, until: datetime = NOW) -> dict[datetime, tuple[int, int]]:
    bad = round(bad_share * each)
    return {slot_of(until) - n * SLOT: (each - bad, bad) for n in range(span // SLOT)}


@pytest.mark.parametrize(
    ("counts", "target", "rate", "budget"),
    [
        ((100, 0), 99.0, 0.0, 100.0),
        ((99, 1), 99.0, 1.0, 0.0),
        ((90, 10), 99.0, 10.0, -900.0),
        ((0, 0), 99.0, 0.0, 100.0),
    ],
)
def test_a_budget_is_the_share_that_may_be_bad(
    counts: tuple[int, int], target: float, rate: float, budget: float
) -> None:
    assert burn_rate(counts, target) == pytest.approx(rate)
    assert budget_left(counts, target) == pytest.approx(budget)


@pytest.mark.parametrize(
    ("history", "severity"),
    [
        (slots(0.16, timedelta(hours=1)), "critical"), (slots(0.14, timedelta(hours=1)), None),
        (slots(0.07, timedelta(hours=6)), "critical"), (slots(0.05, timedelta(hours=6)), None),
        (slots(0.02, 3 * DAY), "warning"), (slots(0.0, 3 * DAY), None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_fast_burn_notifies_a_slow_one_waits_and_a_few_bad_outcomes_fire_no_alert(
    history: dict[datetime, tuple[int, int]], severity: str | None
) -> None:
    alert = firing(slots(0.0, 3 * DAY) | history, 99.0, NOW)
    assert (alert.severity if alert else None) == severity


def test_an_alert_ends_soon_after_the_budget_stops_burning() -> None:
    history = slots(0.5, timedelta(hours=1))
    assert firing(history, 99.0, NOW)
    later = NOW + timedelta(minutes=12)
    calm = history | slots(0.0, timedelta(minutes=10), until=later)
    alert = firing(calm, 99.0, later)
    assert alert is None or alert.short > timedelta(minutes=5)
    assert firing(calm | slots(0.0, timedelta(hours=6), until=NOW + 7 * timedelta(hours=1)), 99.0, NOW + DAY) is None


def test_a_few_bad_outcomes_fire_no_alert_whatever_their_percentage() -> None:
    for bad in (FEW - 1, FEW):
        assert bool(firing({slot_of(NOW): (0, bad)}, 99.0, NOW)) is (bad == FEW)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_is_in_the_slot_that_began_last(moment: datetime) -> None:
    begins = slot_of(moment)
    assert begins <= moment < begins + SLOT
    assert (begins.minute % 5, begins.second, begins.microsecond) == (0, 0, 0)


def test_a_window_holds_what_happened_in_it_to_the_slot() -> None:
    history = slots(0.0, DAY, each=1)
    assert total(history, NOW, timedelta(minutes=5)) == (2, 0)
    assert total(history, NOW, timedelta(hours=1)) == (13, 0)
    assert total(history, NOW - DAY, DAY)[0] <= 1


def test_what_takes_longer_than_its_objective_is_bad(context: FakeContext) -> None:
    context.indicators.took("flag_lookup", 0.05, context.now)
    context.indicators.took("flag_lookup", 0.051, context.now)
    context.indicators.report(context.now)
    assert counted(context.store, context.now)["flag_lookup"] == {slot_of(context.now): (1, 1)}


def test_all_processes_and_days_are_counted_together(context: FakeContext) -> None:
    two = [Indicators(lambda: context.store, name, Slos) for name in ("one", "two")]
    moments = [datetime(2026, 11, 19, 23, 59, tzinfo=UTC), datetime(2026, 11, 20, 0, 1, tzinfo=UTC)]
    for moment in moments:
        for one in two:
            one.took("event_handled", 1, moment)
    for one in two:
        one.report(moments[1])
        one.took("event_handled", 1, moments[1], well=False)
        one.report(moments[1])
        one.report(moments[1])
    assert counted(context.store, moments[0])["event_handled"] == {
        slot_of(moments[0]): (2, 0), slot_of(moments[1]): (2, 2),
    }  # fmt: skip
    assert len(context.store.commits) == 4


def test_a_store_that_is_away_costs_no_count_and_many_threads_lose_none(context: FakeContext) -> None:
    context.store.down = True
    with ThreadPoolExecutor(8) as threads:
        for _ in range(400):
            threads.submit(context.indicators.took, "flag_lookup", 0.01, context.now)
    context.indicators.report(context.now)
    context.store.down = False
    context.indicators.report(context.now)
    assert counted(context.store, context.now)["flag_lookup"] == {slot_of(context.now): (400, 0)}


def results(context: FakeContext) -> dict[str, Result]:
    return {result.name: result for result in burning(reported(context.store, context.now - LONGEST), context)}


def test_a_burning_budget_is_a_result_that_names_the_objective(context: FakeContext) -> None:
    for _ in range(20):
        context.indicators.took("webhook_to_effect", 2.0, context.now)
    context.indicators.report(context.now)
    result = results(context)["slo:webhook_to_effect"]
    assert (result.status, result.failure, result.value) == ("fail", "error-budget-burning", 200.0)
    assert result.output == "the error budget burns at 200 times the allowed rate (objective: 99.5% within 800ms)"
    assert results(context)["slo:flag_lookup"].status == "pass"


def test_the_budget_of_the_whole_window_is_what_is_left(context: FakeContext) -> None:
    slos = Slos(event_handled=Objective(within=timedelta(seconds=60), target=90))
    context.config = context.config.model_copy(update={"slos": slos})
    history = {context.now - 29 * DAY: (95, 5), context.now - 31 * DAY: (0, 1000)}
    assert left("event_handled", history, context) == pytest.approx(50.0)


def test_an_old_day_is_not_read_for_the_alerts(context: FakeContext) -> None:
    old = context.now - 5 * DAY
    context.indicators.took("event_handled", 1, old, well=False)
    context.indicators.report(old)
    assert iso(old)[:10] < iso(context.now - 3 * DAY)[:10]
    assert counted(context.store, context.now - 3 * DAY)["event_handled"] == {}
