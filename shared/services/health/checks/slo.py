"""The objectives of opos.yaml as findings: what is left of each error budget, and whether it burns too fast."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.context import Context
from shared.health.report import Finding, Status
from shared.services.slo.indicators import INDICATORS, counted
from shared.slo.burn_rate import ALARMS, Indicator, Slots, budget_left, burn_rate, ringing, total

if TYPE_CHECKING:
    from shared.config.slos import Objective

LONGEST = max(alarm.long for alarm in ALARMS)
_FAILURES: dict[str | None, tuple[Status, str]] = {
    None: ("pass", ""), "warning": ("warn", "error-budget-low"), "critical": ("fail", "error-budget-burning"),
}  # fmt: skip


def burning(context: Context) -> list[Finding]:
    """Over the last days alone: the whole window is read for the report of a person, and not each minute."""
    found = counted(context.store, context.now - LONGEST)
    return [_finding(name, context.config.slos.objective(name), found[name], context.now) for name in INDICATORS]


def _finding(name: Indicator, objective: "Objective", slots: Slots, now: datetime) -> Finding:
    alarm = ringing(slots, objective.target, now)
    status, failure = _FAILURES[alarm.severity if alarm else None]
    rate = round(burn_rate(total(slots, now, alarm.long if alarm else timedelta(hours=1)), objective.target), 2)
    return Finding(f"slo:{name}", "component", status, rate, "times", _words(objective, rate, failure), failure=failure)


def _words(objective: "Objective", rate: float, failure: str) -> str:
    said = f"burns its budget {rate:g} times too fast: {objective.target:g} % are to take at most"
    return f"{said} {objective.within.total_seconds():g} s" if failure else ""


def left(name: Indicator, slots: Slots, context: Context) -> float:
    """Percent of the error budget of the whole window."""
    slos = context.config.slos
    return budget_left(total(slots, context.now, slos.window), slos.objective(name).target)
