"""What a test has planned for a call: that it fails, that it is slow, that whoever made it dies."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from tests.support.recording_gcloud.refusals import UNAVAILABLE, Refused
from tests.support.recording_gcloud.state import State

_SHELLS = {"sh", "bash", "dash", "timeout", "env"}
Plan = dict[str, Any]


def taken(state: State, line: str, *, mutates: bool) -> list[Plan]:
    """The plans for this call, which is counted if it changes something. A plan that is meant once is then gone."""
    state["mutations"] += mutates
    found = [plan for plan in state["plans"] if _is_meant(plan, state["mutations"] if mutates else 0, line)]
    state["plans"] = [plan for plan in state["plans"] if plan not in found or plan["always"]]
    return found


def before(plans: list[Plan]) -> None:
    _carry_out(plans, after=False)


def after(plans: list[Plan]) -> None:
    _carry_out(plans, after=True)


def _is_meant(plan: Plan, number: int, line: str) -> bool:
    if plan["matching"]:
        return plan["matching"] in line and plan["at"] in {None, number}
    return bool(number) and number == plan["at"]


def _carry_out(plans: list[Plan], *, after: bool) -> None:
    for plan in plans:
        if plan["after"] is after:
            _DEEDS[plan["deed"]](plan)


def _fail(plan: Plan) -> None:
    raise Refused(plan["text"] or UNAVAILABLE)


def _hang(plan: Plan) -> None:
    time.sleep(plan["seconds"])


def _kill(plan: Plan) -> None:
    """Kill whoever called. What was asked for is done all the same, later, if `seconds` says so: a request on its way
    does not end with the one who sent it.
    """
    caller = _caller()
    if caller in plan["spared"] or caller <= 1:
        raise Refused(f"the test planned to kill process {caller}, which is the test itself or nobody")
    os.kill(caller, signal.SIGKILL)
    if plan["seconds"] is None:
        raise Refused("killed", 137)
    time.sleep(plan["seconds"])


def _caller() -> int:
    """The process that called, past the shells between it and us."""
    process = os.getppid()
    while process > 1 and _name(process) in _SHELLS:
        process = int(_read(process, "stat").rpartition(")")[2].split()[1])
    return process


def _name(process: int) -> str:
    return os.path.basename(_read(process, "cmdline").partition("\0")[0]).lstrip("-")  # noqa: PTH119


def _read(process: int, file: str) -> str:
    with open(f"/proc/{process}/{file}") as found:  # noqa: PTH123
        return found.read()


_DEEDS: dict[str, Callable[[Plan], None]] = {"fail": _fail, "hang": _hang, "kill": _kill}
