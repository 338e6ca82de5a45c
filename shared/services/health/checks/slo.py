"""The objectives of opos.yaml as checks: whether each error budget burns too fast, and what is left of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.context import Context
from shared.health.report import Result, Status
from shared.services.slo.indicators import INDICATORS, Report, outcomes
from shared.slo.burn_rate import BURN_RATE_ALERTS, Indicator, Slots, budget_left, burn_rate, firing, total
from shared.values.durations import duration_text

if TYPE_CHECKING:
    from shared.config.slos import Objective

LONGEST = max(alert.long for alert in BURN_RATE_ALERTS)
_FAILURES: dict[str | None, tuple[Status, str]] = {
    None: ("pass", ""), "warning": ("warn", "error-budget-low"), "critical": ("fail", "error-budget-burning"),
}  # fmt: skip


def burning(reports: Sequence[Report], context: Context) -> list[Result]:
    """The results for *reports*, which need to go back only LONGEST: a person who asks reads the whole window."""
    slots = outcomes(reports)
    return [_result(name, context.config.slos.objective(name), slots[name], context.now) for name in INDICATORS]


def _result(name: Indicator, objective: "Objective", slots: Slots, now: datetime) -> Result:
    alert = firing(slots, objective.target, now)
    status, failure = _FAILURES[alert.severity if alert else None]
    rate = round(burn_rate(total(slots, now, alert.long if alert else timedelta(hours=1)), objective.target), 2)
    output = _output(objective, rate) if failure else ""
    return Result(f"slo:{name}", "component", status, rate, "times", output, failure=failure)


def _output(objective: "Objective", rate: float) -> str:
    target = f"{objective.target:g}% within {duration_text(objective.within)}"
    return f"the error budget burns at {rate:g} times the allowed rate (objective: {target})"


def left(name: Indicator, slots: Slots, context: Context) -> float:
    """The percentage of the error budget of the whole window that is left."""
    slos = context.config.slos
    return budget_left(total(slots, context.now, slos.window), slos.objective(name).target)
