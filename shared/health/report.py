"""The health report: the results of the checks, and the document that they make.

Source: Internet-Draft draft-inadarei-api-health-check-06, "Health Check Response Format for HTTP APIs".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.events import iso
from shared.values.local_time import duration

Status = Literal["pass", "warn", "fail"]
Component = Literal["datastore", "component", "system"]
WORSE: tuple[Status, ...] = ("pass", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Result:
    """What a check measured, named `component:measurement`.

    If it does not pass, `failure` names it in `shared.health.failures`, and `output` says what is wrong in words that
    anyone may read. It does not pass from `threshold` on.
    """

    name: str
    component: Component
    status: Status
    value: float
    unit: str
    output: str = ""
    threshold: float | None = None
    failure: str = ""

    @property
    def observed(self) -> str:
        """The value and its unit for people."""
        return amount(self.value, self.unit)


def amount(value: float, unit: str) -> str:
    """*value* and its *unit* for people: `6 min` instead of `372 s`, but `0.5 s`; `1 item`."""
    if unit == "s":
        return duration(timedelta(seconds=value)) if value >= 1 else f"{value:g} s"
    return f"{value:g} {unit.removesuffix('s') if value == 1 else unit}"


def compare(
    name: str,
    value: float,
    unit: str,
    *,
    threshold: float,
    failure: str,
    otherwise: Status = "warn",
    component: Component = "component",
    output: str = "",
    below: bool = False,
) -> Result:
    """A result that passes if *value* is below *threshold*; with *below*, if it is not."""
    broken = value < threshold if below else value >= threshold
    status: Status = otherwise if broken else "pass"
    reason = output or f"{'below' if below else 'at or above'} the threshold of {amount(threshold, unit)}"
    shown = round(value, 2), unit, reason if broken else "", threshold, failure if broken else ""
    return Result(name, component, status, *shown)


def report(
    results: Iterable[Result], *, version: str, now: datetime, runbooks: str = "", release: str = ""
) -> dict[str, Any]:
    """The document of the draft; its status is the worst of *results*.

    *runbooks* is the address of the runbooks, and *release* what was deployed.
    """
    shown = list(results)
    overall = max((result.status for result in shown), key=WORSE.index, default="pass")
    checks: dict[str, list[dict[str, Any]]] = {}
    for result in shown:
        checks.setdefault(result.name, []).append(_check(result, now, runbooks))
    released = {"releaseId": release} if release else {}
    return {"status": overall, "version": version, **released, "checks": checks}


def _check(result: Result, now: datetime, runbooks: str) -> dict[str, Any]:
    more = {
        "output": result.output,
        "threshold": result.threshold,
        "failure": result.failure,
        "links": {"runbook": f"{runbooks.rstrip('/')}/{result.failure}.md"} if runbooks and result.failure else None,
    }
    return {
        "componentType": result.component,
        "observedValue": result.value,
        "observedUnit": result.unit,
        "status": result.status,
        "time": iso(now),
        **{name: value for name, value in more.items() if value is not None and value != ""},
    }
