"""The health report: findings, and the document they make.

Source: Internet-Draft draft-inadarei-api-health-check-06, "Health Check Response Format for HTTP APIs".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.events import iso

Status = Literal["pass", "warn", "fail"]
Component = Literal["datastore", "component", "system"]
WORSE: tuple[Status, ...] = ("pass", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation, named `component:measurement`.

    Where it does not pass, `failure` is its name in `shared.health.failures`, and `output` says what is wrong in words
    that anyone may read. `threshold` is the value from which on it does not pass.
    """

    name: str
    component: Component
    status: Status
    value: float
    unit: str
    output: str = ""
    threshold: float | None = None
    failure: str = ""


def judged(
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
) -> Finding:
    """A finding that passes while *value* is below *threshold*; with *below*, while it is not."""
    broken = value < threshold if below else value >= threshold
    status: Status = otherwise if broken else "pass"
    said = output or f"{'less than' if below else 'at or over'} {threshold:g} {unit}"
    shown = round(value, 2), unit, said if broken else "", threshold, failure if broken else ""
    return Finding(name, component, status, *shown)


def report(
    findings: Iterable[Finding], *, version: str, now: datetime, runbooks: str = "", release: str = ""
) -> dict[str, Any]:
    """The document of the draft: as healthy as the worst of *findings*. *runbooks* is the address that holds them, and
    *release* what was deployed.
    """
    found = list(findings)
    overall = max((one.status for one in found), key=WORSE.index, default="pass")
    checks: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        checks.setdefault(one.name, []).append(_check(one, now, runbooks))
    released = {"releaseId": release} if release else {}
    return {"status": overall, "version": version, **released, "checks": checks}


def _check(finding: Finding, now: datetime, runbooks: str) -> dict[str, Any]:
    more = {
        "output": finding.output,
        "threshold": finding.threshold,
        "failure": finding.failure,
        "links": {"runbook": f"{runbooks.rstrip('/')}/{finding.failure}.md"} if runbooks and finding.failure else None,
    }
    return {
        "componentType": finding.component,
        "observedValue": finding.value,
        "observedUnit": finding.unit,
        "status": finding.status,
        "time": iso(now),
        **{name: value for name, value in more.items() if value is not None and value != ""},
    }
