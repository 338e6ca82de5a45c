"""Runs checks: all at the same time, each with its own timeout."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from shared.context import Context
from shared.health.report import Result, Status
from shared.process.fan_out import Unanswered, ask_all
from shared.services.health.checks.registry import Check, milliseconds
from shared.services.health.context import HealthContext
from shared.telemetry.logger import log as _log

CAUSES: Mapping[str, str] = {
    "disk_full": "disk-full",
    "data_file_replaced": "data-file-replaced",
    "data_file_damaged": "data-file-damaged",
}
"""The codes of errors that are failures of their own, whichever check meets them; each fails that check."""


def run_checks(checks: Iterable[Check], context: HealthContext) -> list[Result]:
    """The results of *checks*, in their order."""
    _make_clients(context)
    runs = [(check, partial(check.run, context)) for check in checks]
    answers = ask_all([run for _, run in runs], context.config.health.dependency_timeout)
    return [result for (check, _), answer in zip(runs, answers, strict=True) for result in _results(check, answer)]


def _make_clients(context: Context) -> None:
    """Make the clients before the clock runs: the time that a cold start takes to make them says nothing of health."""
    for make in (lambda: context.store, lambda: context.bus):
        with suppress(Exception):  # the check meets the error again and reports it
            make()


def _results(check: Check, answer: list[Result] | Unanswered) -> Iterator[Result]:
    if isinstance(answer, list):
        yield from answer
        return
    _log.warning("probe_failed", probe=check.name, reason=answer.reason)
    cause = CAUSES.get(answer.reason)
    status: Status = "fail" if cause else check.broken
    took = milliseconds(answer.after)
    yield Result(check.name, check.component, status, took, "ms", answer.reason, failure=cause or check.failure)
