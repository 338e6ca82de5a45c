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
    """One observation, named `component:measurement`. `output` says what is wrong."""

    name: str
    component: Component
    status: Status
    value: float
    unit: str
    output: str = ""


def report(findings: Iterable[Finding], *, version: str, now: datetime) -> dict[str, Any]:
    """The document of the draft: as healthy as the worst of *findings*."""
    found = list(findings)
    overall = max((one.status for one in found), key=WORSE.index, default="pass")
    return {"status": overall, "version": version, "checks": {one.name: [_check(one, now)] for one in found}}


def _check(finding: Finding, now: datetime) -> dict[str, Any]:
    said = {"output": finding.output} if finding.output else {}
    return {
        "componentType": finding.component,
        "observedValue": finding.value,
        "observedUnit": finding.unit,
        "status": finding.status,
        "time": iso(now),
        **said,
    }
