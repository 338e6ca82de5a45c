"""`opos doctor`."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import click
import structlog

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from shared.context import Context
from shared.health.failures import FAILURES
from shared.health.report import Result
from shared.ports import Doc
from shared.services.health.check_runs import run_checks
from shared.services.health.checks.pipeline import SWEEP, sweeper_silent
from shared.services.health.checks.registry import all_checks
from shared.services.health.context import HealthContext
from shared.values.durations import duration_text

_ORDER = tuple(FAILURES)


@click.command("doctor")
@with_place
@json_option
@reports_errors
def command(place: Place, *, as_json: bool) -> None:
    """Run every check, and say what is wrong, since when, what it affects, why, and what to do: the first thing first.

    Ends with 1 where something is wrong.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # the findings tell it
    context: HealthContext = place.runtime().context()
    found = [*run_checks([one for one in all_checks(context) if one.name not in _LEFT_OUT], context), *_swept(context)]
    wrong = sorted((one for one in found if one.status != "pass"), key=lambda one: _ORDER.index(one.failure))
    since = _since(context)
    content = [_told(one, since, context) for one in wrong]
    show({"checks": len(found), "wrong": content}, "\n\n".join(_lines(content, len(found))), as_json=as_json)
    if wrong:
        raise SystemExit(FAILED)


_LEFT_OUT = {"memory:utilization", "uptime", "sweeper:lastRun"}
"""They would speak of this command, and not of the bundle."""


def _swept(context: HealthContext) -> list[Result]:
    """A bundle that has never swept is not running, however young this command is."""
    doc = _last_sweep(context)
    never = Result("sweeper:lastRun", "component", "fail", 0, "sweeps", "has never run", failure="sweeper-stopped")
    return sweeper_silent(context) if doc else [never]


def _last_sweep(context: Context) -> Doc | None:
    """None also where the store does not answer: that is among the findings."""
    try:
        return context.store.get(SWEEP)
    except Exception:  # noqa: BLE001
        return None


def _since(context: Context) -> dict[str, str]:
    """Since when each failure lasts, as the sweeper has seen it."""
    doc = _last_sweep(context)
    return {name: one["since"] for name, one in doc.data["broken"].items()} if doc else {}


def _lasts(began: str, context: Context) -> str:
    length = context.now - datetime.fromisoformat(began)
    return (
        duration_text(length - length % timedelta(minutes=1))
        if length >= timedelta(minutes=1)
        else "less than a minute"
    )


def _told(finding: Result, since: dict[str, str], context: Context) -> dict[str, Any]:
    failure = FAILURES[finding.failure]
    began = since.get(finding.failure)
    return {
        "failure": finding.failure, "status": finding.status, "title": failure.title,
        "check": finding.name, "observed": f"{finding.value:g} {finding.unit}", "output": finding.output,
        "since": began, "lasts": _lasts(began, context) if began else None,
        "affects": failure.affects, "cause": failure.cause, "runbook": f"docs/runbooks/{finding.failure}.md",
    }  # fmt: skip


def _lines(wrong: Iterable[dict[str, Any]], checks: int) -> Iterator[str]:
    lines = [_one(number, one) for number, one in enumerate(wrong, 1)]
    yield from lines or [f"All is well: {checks} checks pass."]
    if lines:
        yield f"{len(lines)} of {checks} checks do not pass. Begin at the top: it may be why the rest is so."


def _one(number: int, told: dict[str, Any]) -> str:
    lasts = f", for {told['lasts']}" if told["lasts"] else ""
    return "\n".join(
        [
            f"{number}. {told['title']}{lasts}   [{told['status']}: {told['failure']}]",
            f"   seen      {told['check']} is {told['observed']}" + (f": {told['output']}" if told["output"] else ""),
            f"   affects   {told['affects']}",
            f"   likely    {told['cause']}",
            f"   runbook   {told['runbook']}",
        ]
    )
