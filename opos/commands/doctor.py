"""`opos doctor`."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import click
import structlog

from opos.bundle.data_folder import lost_its_file
from opos.history.component_matchers import unmet
from opos.history.intake import intake_lines, intake_rows
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from shared.config.files.faults import Fault
from shared.errors import Unavailable
from shared.health.failures import FAILURES
from shared.health.report import Result
from shared.ports import Doc
from shared.runtime.container import Runtime
from shared.services.health.check_runs import CAUSES, run_checks
from shared.services.health.checks.pipeline import SWEEP, sweeper_silent
from shared.services.health.checks.registry import all_checks, milliseconds
from shared.services.health.context import HealthContext
from shared.values.durations import duration_text

_ORDER = tuple(FAILURES)


@click.command("doctor")
@with_place
@json_option
@reports_errors
def command(place: Place, *, as_json: bool) -> None:
    """Run every check. For each failure, show how long it has lasted, its effect, its likely cause and its runbook.

    The first failure may be the cause of the others. Then list for each source when opos accepted a webhook last, and
    what it rejected: why, how often, and what to do. A warning names a matcher of the status page that no alert has
    met. Exits with 1 if a check fails.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # the report says it
    replaced = _replaced(place)
    runtime = place.new_runtime() if replaced else place.runtime()
    context: HealthContext = runtime.context()
    checks = replaced or [*_checks(_integrity(place, runtime), context), *_swept(context)]
    wrong = sorted((check for check in checks if check.status != "pass"), key=lambda check: _ORDER.index(check.failure))
    since = {} if replaced else _since(context)
    failures = [_explained(check, since, context) for check in wrong]
    sources = [] if replaced else intake_rows(context)
    clock = operator_clock(runtime)
    doubts = [] if replaced else _doubts(place, context)
    lines = [
        *_lines(failures, len(checks), clock),
        *intake_lines(sources, clock),
        *(f"warning: {doubt}" for doubt in doubts),
    ]
    content = {"checks": len(checks), "wrong": failures, "intake": sources}
    show({**content, "warnings": [doubt._asdict() for doubt in doubts]}, lines, as_json=as_json)
    if wrong:
        raise SystemExit(FAILED)


_LEFT_OUT = {"memory:utilization", "uptime", "sweeper:lastRun"}
"""These would measure this command and not the bundle."""


def _replaced(place: Place) -> list[Result]:
    """The check that a running bundle has the data file open that is in its folder; empty if it has.

    No other check would say anything about the running bundle, and opening a missing file would create it.
    """
    if place.backend != "embedded" or not lost_its_file(place.data):
        return []
    output = "the running bundle has another file open"
    return [Result("store:dataFile", "datastore", "fail", 1, "file", output, failure="data-file-replaced")]


def _integrity(place: Place, runtime: Runtime) -> list[Result]:
    """Reads the whole data file, since no request may ever read the page that is damaged."""
    if place.backend != "embedded":
        return []
    began = monotonic()
    try:
        runtime.database.require_whole()
    except Unavailable as fault:
        failure = CAUSES.get(fault.code, "store-unreachable")
        return [Result("store:integrity", "datastore", "fail", 1, "file", fault.code, failure=failure)]
    return [Result("store:integrity", "datastore", "pass", milliseconds(monotonic() - began), "ms")]


def _checks(integrity: list[Result], context: HealthContext) -> list[Result]:
    """*integrity* and the checks of the report. A full disk or a damaged file is one failure, not one for each check
    that met it.
    """
    results = run_checks([check for check in all_checks(context) if check.name not in _LEFT_OUT], context)
    known = {result.failure for result in integrity if result.failure}
    others = (result for result in results if result.output not in CAUSES or result.component == "datastore")
    return [*integrity, *(result for result in others if result.failure not in known)]


def _swept(context: HealthContext) -> list[Result]:
    """The check of the sweeper. A bundle without a sweep is not running, however young this command is.

    Empty if the store does not answer: another check reports that.
    """
    try:
        doc = context.store.get(SWEEP)
    except Exception:  # noqa: BLE001
        return []
    never = Result("sweeper:lastRun", "component", "fail", 0, "sweeps", "has never run", failure="sweeper-stopped")
    return sweeper_silent(context) if doc else [never]


def _doubts(place: Place, context: HealthContext) -> list[Fault]:
    """The matchers of the status page that no alert has met. Empty if the store does not answer: a check reports it."""
    try:
        return unmet(place.config_file, context)
    except Exception:  # noqa: BLE001
        return []


def _last_sweep(context: HealthContext) -> Doc | None:
    """None also if the store does not answer: another check reports that."""
    try:
        return context.store.get(SWEEP)
    except Exception:  # noqa: BLE001
        return None


def _since(context: HealthContext) -> dict[str, str]:
    """The time from which the sweeper has seen each failure."""
    doc = _last_sweep(context)
    return {name: broken["since"] for name, broken in doc.data["broken"].items()} if doc else {}


def _lasts(began: str, context: HealthContext) -> str:
    length = context.now - datetime.fromisoformat(began)
    whole = length - length % timedelta(minutes=1)
    return duration_text(whole) if whole else "less than a minute"


def _explained(check: Result, since: dict[str, str], context: HealthContext) -> dict[str, Any]:
    failure = FAILURES[check.failure]
    began = since.get(check.failure)
    return {
        "failure": check.failure, "status": check.status, "title": failure.title,
        "check": check.name, "observed": f"{check.value:g} {check.unit}", "output": check.output,
        "since": began, "lasts": _lasts(began, context) if began else None,
        "affects": failure.affects, "cause": failure.cause, "runbook": f"docs/runbooks/{check.failure}.md",
    }  # fmt: skip


def _lines(failures: Sequence[dict[str, Any]], checks: int, clock: OperatorClock) -> Iterator[str]:
    if not failures:
        yield f"All {checks} checks pass."
        return
    for number, failure in enumerate(failures, 1):
        yield from _block(number, failure, clock)
    first = " Start with the first: it may be the cause of the others." if len(failures) > 1 else ""
    yield f"{len(failures)} of {checks} checks failed.{first}"


def _block(number: int, failure: dict[str, Any], clock: OperatorClock) -> list[str]:
    since = f", since {clock.time_and_age(failure['since'])}" if failure["since"] else ""
    output = f": {clock.text(failure['output'])}" if failure["output"] else ""
    return [
        f"{number}. {failure['title']}{since}   [{failure['status']}: {failure['failure']}]",
        f"   observed  {failure['check']} is {failure['observed']}{output}",
        f"   effect    {failure['affects']}",
        f"   likely    {failure['cause']}",
        f"   runbook   {failure['runbook']}",
        "",
    ]
